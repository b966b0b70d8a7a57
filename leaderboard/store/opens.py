"""A cache of session open prices, as far as this process has met them."""

#: Sessions kept: both of this day and of the one before.
SESSIONS = 4


class Opens:
    """Open prices by session.

    Another process may have met an earlier bar, so an entry may be wrong. ``apply.lua`` corrects rows that were
    made with a wrong one, and its reply says which is right.
    """

    def __init__(self) -> None:
        self._prices: dict[int, dict[str, float]] = {}

    def of(self, session: int) -> dict[str, float]:
        """Open price by symbol, for the caller to read and to add to.

        Args:
            session: its :attr:`leaderboard.sessions.Session.number`.
        """
        prices = self._prices.setdefault(session, {})
        if len(self._prices) > SESSIONS:
            # Another thread may have removed it already.
            self._prices.pop(min(self._prices), None)
        return prices
