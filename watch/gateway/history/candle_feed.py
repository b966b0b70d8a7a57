"""The live candles of one symbol, for the clients that are subscribed to them."""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct

from history.queries.candles import BAR, Bars, Candle, Interval, each_once, resample
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.feed import candles_channel
from watch.gateway.fanout.publication import Envelope
from watch.gateway.fanout.text_frame import TextFrame

#: What a feed's candles cover; clients make longer ones of them.
INTERVAL = Interval.ONE_MINUTE

_MINUTE = INTERVAL.milliseconds
# Minutes whose bars are kept, the newest one included. For a bar that comes later, stored bars are read again.
_KEPT = 5
_encode = msgspec.json.Encoder().encode


class _Message(Struct):
    """What clients are sent: candles that have changed, the oldest first."""

    symbol: str
    interval: Interval
    candles: list[Candle]


class CandleFeed:
    """A symbol's candles of one minute, made of stored bars and of those that come.

    Clients are sent candles, not changes of them, so that one that gets a candle twice has it right. A slow client
    is not sent each state of a candle, but each candle that has changed.

    Args:
        symbol: whose.

    Attributes:
        channel: the name of the feed.
        is_new: whether it lacks the bars that came before it was there.
    """

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self.channel = candles_channel(symbol)
        # By client, the number of the update up to which it lacks nothing.
        self._has: dict[Client, int] = {}
        # Those that were not sent anything yet.
        self._joining: set[Client] = set()
        self.restart()

    def restart(self) -> None:
        """Forget all candles: a new day has begun, or Redis has lost data."""
        self._bars = np.empty(0, BAR)
        # From this minute on all bars are known; None: none are yet.
        self._complete_from: int | None = None
        # Whether bars have come that were not added.
        self._has_missed = False
        # Minutes whose bars have changed since the last update.
        self._touched: set[int] = set()
        self._candles: dict[int, Candle] = {}
        # By the candle's time, the number of the update that changed it last.
        self._changed: dict[int, int] = {}
        self._update = 0
        self._frames: dict[tuple[int, bool, bool], TextFrame] = {}
        self._has = dict.fromkeys(self._has, 0)
        self.is_new = True

    # --- clients

    def join(self, client: Client) -> None:
        """Take in a client: at the next update it is sent the newest candle, and then all that change."""
        self._has[client] = self._update
        self._joining.add(client)

    def leave(self, client: Client) -> None:
        self._joining.discard(client)
        self._has.pop(client, None)

    @property
    def is_unused(self) -> bool:
        return not self._has

    # --- bars

    def add(self, bars: Bars) -> None:
        """Take bars that have come, in any order; they may be stored already."""
        if len(bars):
            self._bars = each_once(np.concatenate([self._bars, bars]))
            self._touched.update(_minutes(bars))

    @property
    def needs_stored(self) -> bool:
        """Whether stored bars have to be read before candles are known."""
        return self._complete_from is None or min(self._touched, default=self._complete_from) < self._complete_from

    @property
    def needs_since(self) -> int | None:
        """When the first bar starts that has to be read, Unix milliseconds; None: those of the newest minute."""
        return None if self._complete_from is None else min(self._touched)

    def read_again(self) -> None:
        """Have stored bars read from the oldest candle on: of those that came since, some were not added."""
        self._has_missed = True
        self._touched.update(self._candles)
        self._complete_from = max(self._candles) + _MINUTE if self._candles else None

    def add_stored(self, bars: Bars, since: int | None) -> None:
        """Take stored bars.

        Args:
            bars: those that start at `since` or later.
            since: as :attr:`needs_since` was.
        """
        minutes = _minutes(bars)
        if since is None or self._has_missed:
            self._touched |= minutes
            self._has_missed = False
        if since is None:
            # If none is stored, all have come by the tape.
            since = min(minutes, default=0)
        self._bars = each_once(np.concatenate([bars, self._bars]))
        self._complete_from = since

    # --- candles

    def update(self) -> Sequence[Client]:
        """Make the candles of the bars that have come. Returns the clients that have to be sent something."""
        if self.needs_stored:
            return ()
        changed = [candle for candle in self._touched_candles() if self._candles.get(candle.time) != candle]
        self._touched.clear()
        if changed:
            self._update += 1
            for candle in changed:
                self._candles[candle.time] = candle
                self._changed[candle.time] = self._update
            self._forget_old()
        if not self._candles:
            return ()
        return list(self._has if changed else self._joining)

    def _touched_candles(self) -> list[Candle]:
        starts = self._bars["start_timestamp"]
        return resample(self._bars[np.isin(starts - starts % _MINUTE, list(self._touched))], INTERVAL)

    def _forget_old(self) -> None:
        """Forget bars of old minutes, and candles that all clients have."""
        first = max(self._candles) - (_KEPT - 1) * _MINUTE
        self._bars = self._bars[self._bars["start_timestamp"] >= first]
        self._complete_from = max(first, self._complete_from or 0)
        known_to_all = min(self._has.values(), default=self._update)
        for time in [time for time, at in self._changed.items() if at <= known_to_all and time < first]:
            del self._changed[time], self._candles[time]
        self._frames.clear()

    def frames_for(self, client: Client) -> Sequence[TextFrame]:
        """What a client lacks: the candles that have changed since it was last sent some."""
        has, is_joining = self._has.get(client), client in self._joining
        if has is None or not self._candles or (has == self._update and not is_joining):
            return ()
        self._has[client] = self._update
        self._joining.discard(client)
        key = has, is_joining, client.takes_envelopes
        if key not in self._frames:
            self._frames[key] = TextFrame(self._message(*key))
        return (self._frames[key],)

    def _message(self, has: int, with_newest: bool, in_envelope: bool) -> bytes:
        times = {time for time, at in self._changed.items() if at > has}
        if with_newest:
            times.add(max(self._candles))
        message = _encode(_Message(self._symbol, INTERVAL, [self._candles[time] for time in sorted(times)]))
        if in_envelope:
            return _encode(Envelope(self.channel, msgspec.Raw(message)))
        return message


def _minutes(bars: Bars) -> set[int]:
    """When the minutes begin in which bars start, Unix milliseconds."""
    starts = bars["start_timestamp"]
    return set((starts - starts % _MINUTE).tolist())
