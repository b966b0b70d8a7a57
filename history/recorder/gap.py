"""A time of which the boards are not known."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from leaderboard.sessions import Phase, Session, next_trading_day, session_of
from leaderboard.tape.entries import Anchor


@dataclass(frozen=True)
class Gap:
    """From what was recorded last to the state from which recording goes on.

    Attributes:
        before: the last entry recorded; None: nothing was recorded before.
        to_position, to_at: of the first moment of which the boards are known again, Unix milliseconds.
        day: the trading day of that moment.
        since: start of the first bar of that day as far as it is known, Unix milliseconds; 0: there was none.
        why: a sentence.
    """

    before: Anchor | None
    to_position: int
    to_at: int
    day: date
    since: int
    why: str

    @property
    def first_day(self) -> date:
        """The day on which recording stopped; if it never began, that of the gap's end."""
        return day_of(self.before.session, self.before.at) if self.before else self.day

    def row(self, day: date) -> dict[str, Any]:
        """The gap's row in the table of the day on which it begins, or ends."""
        from_position, from_at = (self.before.position, self.before.at) if self.before else (0, 0)
        to_at = self.to_at
        if self.before is None or self.first_day != day:
            from_at = self._beginning(day)
        if day != self.day:
            to_at = min(to_at, Session(next_trading_day(day), Phase.PRE).start)
        return {
            "from_position": from_position,
            "from_at": min(from_at, to_at),
            "to_position": self.to_position,
            "to_at": to_at,
            "why": self.why,
        }

    def _beginning(self, day: date) -> int:
        """When the day's first bar came as far as it is known, or else when the day began."""
        begun = Session(day, Phase.PRE).start
        return max(begun, self.since) if day == self.day else begun


def day_of(session: int, at: int) -> date:
    """The trading day to which an entry of the tape belongs.

    Args:
        session: the session clock's number; 0: before the first session.
        at: when it was written, Unix milliseconds.
    """
    return Session.from_number(session).day if session else session_of(at).day
