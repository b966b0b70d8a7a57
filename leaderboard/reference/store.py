"""Reference data in Redis, read and written."""

import logging
import math
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple, cast

import msgspec
from msgspec import convert
from redis import Redis

from leaderboard import keys, scripts
from leaderboard.event import brief, is_symbol
from leaderboard.reference.copies import Copies, Known
from leaderboard.reference.figures import PreviousDay, Profile, Reference
from leaderboard.row import Frame

log = logging.getLogger(__name__)

HOUR = 3600
PREVIOUS_DAY_TTL = 8 * HOUR
PROFILE_TTL = 12 * HOUR
UNKNOWN_TTL = 6 * HOUR
#: Seconds after which no figure lives; a minute more, as keys expire by the millisecond.
LONGEST_TTL = max(PREVIOUS_DAY_TTL, PROFILE_TTL, UNKNOWN_TTL) + 60

#: Seconds after which a symbol that was to be asked for is asked for again, unless an answer came.
DUE_TTL = 60
#: Seconds before an answer runs out at which it is asked for again, so that no row falls back to knowing nothing.
RENEW_AHEAD = 1800
#: Symbols per call.
BATCH = 500
#: Symbols that a process remembers; several times the market: days gone by, or symbols nobody trades.
MOST_COPIES = 50_000

_encode = msgspec.json.Encoder().encode


class Wanted(NamedTuple):
    """A symbol and the trading day on which its reference data is wanted."""

    symbol: str
    day: date


class ReferenceStore:
    """Reads and writes reference data, and keeps what it read as long as Redis does.

    A copy may be older than Redis. Its version tells: the apply script refuses a row made with an old one. Threads
    may share it.

    Args:
        redis: the Redis of the boards.
        asks: tells whether somebody is asked for what is missing; while nobody is, nothing is due.
    """

    def __init__(self, redis: Redis, *, asks: Callable[[], bool]) -> None:
        self._redis = redis
        self._asks = asks
        self._asking = False
        self._learn = scripts.load(redis, "check.lua", "learn.lua")
        self._copies = Copies(MOST_COPIES)
        # The newest day for which the whole market was read.
        self._read_for = date.min

    def read(self, day: date, symbols: Iterable[str]) -> dict[str, Known]:
        """What is known of `symbols` on `day`, from memory where a good copy is there, else from Redis."""
        if self._asks() != self._asking:
            # What was read before says nothing about what is due.
            self._asking = not self._asking
            self._copies.clear()
            self._read_for = date.min
        known, missing = self._copies.read(day, symbols)
        if missing:
            fresh = self._refresh(day, missing)
            known |= {symbol: fresh[symbol] for symbol in missing}
        return known

    def _refresh(self, day: date, symbols: set[str]) -> dict[str, Known]:
        """Read what Redis knows of `symbols` on `day`, and perhaps of others."""
        wanted = [*symbols]
        if day > self._read_for:
            # The day's first bars. Nearly all others follow, and each batch with one of them would wait. Of a day
            # gone by there are few, and each may be of another one.
            self._read_for = day
            wanted += islice(self._market() - symbols, max(0, self._copies.most - len(symbols)))
        now, fresh = time.monotonic(), dict[str, tuple[float, Known]]()
        for start in range(0, len(wanted), BATCH):
            fresh |= self._load(day, wanted[start : start + BATCH], now)
        self._copies.add(day, fresh)
        return {symbol: known for symbol, (_, known) in fresh.items()}

    def _market(self) -> set[str]:
        """The symbols of which anything is known."""
        return {symbol.decode() for symbol in cast(list[bytes], self._redis.hkeys(keys.REFERENCE_VERSIONS))}

    def forget(self, symbols: Iterable[str]) -> None:
        """Drop the process's copies of what is known of `symbols`: they are old."""
        self._copies.forget(symbols)

    def asked(self, wanted: Iterable[Wanted]) -> None:
        """Take `wanted` for asked for, until the process reads about them again."""
        for symbol, day in wanted:
            self._copies.asked(day, symbol)

    def _load(self, day: date, symbols: Sequence[str], now: float) -> dict[str, tuple[float, Known]]:
        # One transaction, for a version must not be newer than the data that it is taken to stand for.
        names = [keys.previous_day(symbol, day) for symbol in symbols] + list(map(keys.profile, symbols))
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.REFERENCE_VERSIONS, symbols)
            pipe.time()
            pipe.mget(names)
            for key in names:
                pipe.ttl(key)
            versions, (seconds, _), texts, *ttls = pipe.execute()
        stored = [_stored(key, text, ttl, seconds) for key, text, ttl in zip(names, texts, ttls, strict=True)]
        loaded: dict[str, tuple[float, Known]] = {}
        middle = len(symbols)
        for symbol, version, previous, profile in zip(
            symbols, versions, stored[:middle], stored[middle:], strict=True
        ):
            reference = Reference(convert(previous.figures, PreviousDay), convert(profile.figures, Profile))
            due, trusted = self._trust(previous, profile)
            known = Known((version or b"").decode(), Frame(symbol, reference), due)
            loaded[symbol] = now + trusted, known
        return loaded

    def _trust(self, *stored: "_Stored") -> tuple[bool, float]:
        """Whether a symbol is due, and the seconds for which a copy is as good as what is stored."""
        lives = min((each.lives for each in stored if each.lives >= 0), default=math.inf)
        if not self._asking:
            # Of a key that does not exist it is negative; once it does, the version is another one.
            return False, lives
        renewed = min(each.ttl for each in stored) - RENEW_AHEAD
        return renewed < 0, min(lives, renewed) if renewed >= 0 else min(lives, DUE_TTL)

    def learn(self, day: date, answers: Mapping[str, Reference | None]) -> int:
        """Store what a source said; None: it does not know the symbol.

        Args:
            day: the trading day for which the figures are those of the day before.
            answers: symbol to figures.

        Returns:
            The number of symbols whose data changed.
        """
        # No bar can come of anything else, and it must not reach a key's name.
        symbols = [symbol for symbol in answers if is_symbol(symbol)]
        changed = 0
        for start in range(0, len(symbols), BATCH):
            changed += self._learn_batch(
                day, {symbol: answers[symbol] for symbol in symbols[start : start + BATCH]}
            )
        return changed

    def _learn_batch(self, day: date, answers: Mapping[str, Reference | None]) -> int:
        names: list[str] = []
        figures: list[str] = []
        ttls: list[int] = []
        for symbol, answer in answers.items():
            previous = answer.previous if answer and answer.previous != PreviousDay() else None
            profile = answer.profile if answer and answer.profile != Profile() else None
            names += keys.previous_day(symbol, day), keys.profile(symbol)
            figures += _encode(previous).decode(), _encode(profile).decode()
            ttls += PREVIOUS_DAY_TTL if previous else UNKNOWN_TTL, PROFILE_TTL if profile else UNKNOWN_TTL
        batch = {
            "version": uuid.uuid4().hex,
            "symbols": list(answers),
            "figures": figures,
            "ttls": ttls,
            "longest": LONGEST_TTL,
        }
        names = [keys.REFERENCE_VERSIONS, keys.REFERENCE_EXPIRIES, *names]
        changed = self._learn(names, [msgspec.msgpack.encode(batch)])
        self.forget(answers)
        return cast(int, changed)


class _Stored(NamedTuple):
    """A key of figures as it was read.

    Attributes:
        figures: name to value, of those that still live.
        ttl: seconds that the key lives; negative: it is not there, or does not say.
        lives: seconds for which all of the figures live; negative: there are none.
    """

    figures: dict[str, float]
    ttl: int
    lives: int


_UNTIL = "_until"


def _stored(key: str, text: bytes | None, ttl: int, now: int) -> _Stored:
    """What a key of ``learn.lua``'s holds.

    Args:
        key: its name.
        text: what it holds; None: nothing.
        ttl: seconds that it lives.
        now: Unix seconds.
    """
    if text is None:
        return _Stored({}, ttl, ttl)
    try:
        held = _decode(text) or {}
    except msgspec.DecodeError:
        # As if it were not there: a source is asked, and its answer is stored in the place of this.
        log.warning("%s holds no reference data: %s", key, brief(text))
        return _Stored({}, -1, -1)
    ends = {name.removesuffix(_UNTIL): end - now for name, end in held.items() if name.endswith(_UNTIL)}
    figures = {name: value for name, value in held.items() if not name.endswith(_UNTIL) and ends.get(name, 1) > 0}
    return _Stored(figures, ttl, int(min([ttl, *(left for left in ends.values() if left > 0)])))


_decode = msgspec.json.Decoder(dict[str, float] | None).decode
