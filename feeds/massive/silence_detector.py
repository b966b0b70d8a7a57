"""Tells a lost feed from a quiet market: a connection can be open, answer pings, and still bring no bar."""

import math
import time
from collections.abc import Callable, Collection

from leaderboard.sessions import Phase, Session, session_of

#: Channels of the whole market, and the length of their bars in seconds. Some symbol trades every few seconds from
#: 04:00 to the end of the after hours.
WHOLE_MARKET = {"A.*": 1.0, "AM.*": 60.0}
#: Seconds without a bar, beyond a bar's length, after which a connection counts as lost.
MAX_SILENCE = 20.0
#: The allowed silence doubles with each silent connection in a row, up to this: while all trading is halted, there
#: is nothing to send and no use in reconnecting.
LONGEST_SILENCE = 320.0
#: Seconds by which the service's delayed host delays bars.
DELAY = 900.0


class SilenceDetector:
    """Measures for how long the bars of the whole market have been missing.

    Only the whole market's channels count, in trading hours: bars of single symbols may be far apart.

    Args:
        names: the channels that are subscribed to.
        delay: seconds by which the service delays bars.
        now: Unix time in seconds.
        clock: seconds, from any start.
    """

    def __init__(
        self,
        names: Collection[str],
        delay: float = 0.0,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # The longest: of seconds and minutes, the key may give access to minutes only.
        self._period = max((WHOLE_MARKET[name] for name in names if name in WHOLE_MARKET), default=None)
        self._delay = delay
        self._now = now
        self._clock = clock
        self._heard = self._waited_since = clock()
        self._allowed = MAX_SILENCE

    def connected(self) -> None:
        """Bars can be received from now on."""
        self._waited_since = self._clock()

    def heard(self) -> None:
        """Bars were received."""
        self._heard = self._waited_since = self._clock()
        self._allowed = MAX_SILENCE

    def lost(self) -> None:
        """A connection was closed since it was silent: allow the next one twice as long."""
        self._allowed = min(2 * self._allowed, LONGEST_SILENCE)

    def left(self) -> float:
        """Seconds until the connection counts as lost, unless bars are received; infinite if it never does."""
        if self._period is None or (open_for := self._open_for()) is None:
            return math.inf
        return self._period + self._allowed - min(self._clock() - self._waited_since, open_for)

    def missing(self) -> float:
        """Seconds for which bars have been missing."""
        if self._period is None or (open_for := self._open_for()) is None:
            return 0.0
        return max(0.0, min(self._clock() - self._heard, open_for) - self._period)

    def _open_for(self) -> float | None:
        """Seconds since trading began today; None outside trading hours."""
        now = self._now() - self._delay
        session = session_of(int(now * 1000))
        # Nights, weekends and holidays belong to the day before them, whose trading has ended.
        if now * 1000 >= session.trading_end:
            return None
        return now - Session(session.day, Phase.PRE).start / 1000
