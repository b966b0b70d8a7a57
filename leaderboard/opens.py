"""What a process takes for the open prices of the latest sessions."""

#: Sessions remembered: both of this day and of the one before.
SESSIONS = 4


class Opens:
    """Open prices as far as this process has heard of them.

    Another process may have met an earlier bar, so each is only likely. The apply script checks it, makes right
    what was made with a wrong one and tells the right one.
    """

    def __init__(self) -> None:
        self._prices: dict[int, dict[str, float]] = {}

    def of(self, session: int) -> dict[str, float]:
        """Symbol to open price, for the caller to read and to add to.

        Args:
            session: its :attr:`leaderboard.sessions.Session.number`.
        """
        prices = self._prices.setdefault(session, {})
        if len(self._prices) > SESSIONS:
            # Another thread may have done so.
            self._prices.pop(min(self._prices), None)
        return prices
