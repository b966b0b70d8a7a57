"""Why a measurement does not count."""


class LostBarsError(Exception):
    """Bars were sent and not applied, or not all of it can be shown."""
