"""Tells a lost feed from a quiet market: a connection can be open, answer pings, and bring no bar."""

import math
import time
from collections.abc import Callable, Collection

from leaderboard.sessions import Phase, Session, session_of

#: Channels of the whole market, of which some symbol trades every few seconds from 04:00 to the end of the after
#: hours, and the seconds that one bar of theirs lasts.
WHOLE_MARKET = {"A.*": 1.0, "AM.*": 60.0}
#: Seconds without a bar, beside those that a bar lasts, after which a connection counts as lost.
SILENT = 20.0
#: The same at most. It doubles with each connection in a row that stays silent, so that a service that has nothing
#: to send, as while all trading is halted, is not asked again and again.
LONGEST = 320.0
#: Seconds by which the service's delayed host sends bars late.
DELAY = 900.0


class Silence:
    """Measures for how long the bars of the whole market have been missing.

    Bars of some symbols may be far apart, and outside trading hours there are none: those never count as missing.

    Args:
        names: the channels that are subscribed to.
        delay: seconds by which the service sends bars late.
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
        # Of seconds and minutes together, those of minutes may be all that the key gives access to.
        self._period = max((WHOLE_MARKET[name] for name in names if name in WHOLE_MARKET), default=None)
        self._delay = delay
        self._now = now
        self._clock = clock
        self._heard = self._waited_since = clock()
        self._patience = SILENT

    def connected(self) -> None:
        """From now on bars can come."""
        self._waited_since = self._clock()

    def heard(self) -> None:
        """Bars have come."""
        self._heard = self._waited_since = self._clock()
        self._patience = SILENT

    def lost(self) -> None:
        """A connection was given up for its silence: the next one is given twice as long."""
        self._patience = min(2 * self._patience, LONGEST)

    def left(self) -> float:
        """Seconds until the connection counts as lost, unless bars come; infinite where it does not."""
        if self._period is None or (open_for := self._open_for()) is None:
            return math.inf
        return self._period + self._patience - min(self._clock() - self._waited_since, open_for)

    def missing(self) -> float:
        """Seconds for which bars have been missing by now."""
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
