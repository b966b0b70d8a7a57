"""The one thing that a measurement may not find."""


class LostError(Exception):
    """Bars were sent and not applied, or not all of it can be shown."""
