"""Errors that invalidate a measurement."""


class LostBarsError(Exception):
    """Bars were sent but not applied, or it cannot be proven that all were."""
