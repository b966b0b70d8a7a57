"""Reference data in Redis: what is known, what is asked for, and a process's own copy."""

import math
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, cast

import msgspec
from redis import Redis

from leaderboard import keys, scripts
from leaderboard.event import is_symbol
from leaderboard.reference.figures import PreviousDay, Profile, Reference
from leaderboard.row import Frame

HOUR = 3600
PREVIOUS_DAY_TTL = 8 * HOUR
PROFILE_TTL = 12 * HOUR
UNKNOWN_TTL = 6 * HOUR

#: Seconds after which a symbol that was to be asked for is asked for again, unless an answer came.
DUE_TTL = 60
#: Seconds before an answer runs out at which it is asked for again, so that no row falls back to knowing nothing.
RENEW_AHEAD = 1800
#: Symbols per call.
BATCH = 500
# Several times the market: days gone by, or symbols nobody trades.
_MOST_COPIES = 50_000

_encode = msgspec.json.Encoder().encode
_previous_day = msgspec.json.Decoder(PreviousDay | None).decode
_profile = msgspec.json.Decoder(Profile | None).decode


class Wanted(NamedTuple):
    """A symbol and the trading day on which its reference data is wanted."""

    symbol: str
    day: date


class Known(NamedTuple):
    """What one read of Redis told about a symbol.

    Attributes:
        version: changes with the data; empty where there never was any.
        frame: what rows are made with.
        due: whether a source is to be asked: nobody has answered yet, or the answer runs out soon.
    """

    version: str
    frame: Frame
    due: bool


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
        self._learn = scripts.load(redis, "learn.lua")
        # By day and symbol: until when the copy is trusted, and what was known.
        self._copies: dict[date, dict[str, tuple[float, Known]]] = {}

    def read(self, day: date, symbols: Iterable[str]) -> dict[str, Known]:
        """What is known of `symbols` on `day`, from memory where a good copy is there, else from Redis."""
        now = time.monotonic()
        if self._asks() != self._asking:
            # What was read before says nothing about what is due.
            self._asking = not self._asking
            self._copies.clear()
        copies = self._copies.get(day, {})
        known: dict[str, Known] = {}
        missing: set[str] = set()
        for symbol in symbols:
            copy = copies.get(symbol)
            if copy and copy[0] > now:
                known[symbol] = copy[1]
            else:
                missing.add(symbol)
        if missing:
            fresh = self._refresh(day, missing, now)
            known |= {symbol: fresh[symbol][1] for symbol in missing}
        return known

    def _refresh(self, day: date, symbols: set[str], now: float) -> dict[str, tuple[float, Known]]:
        """Copy what Redis knows of `symbols` on `day`, and perhaps of others. Returns the new copies."""
        while sum(map(len, [*self._copies.values()])) > _MOST_COPIES:
            self._copies.pop(min(self._copies, default=day), None)
        if day > max(self._copies, default=date.min):
            # The day's first bars. Nearly all others follow, and each batch with one of them would wait. Of a day
            # gone by there are few, and each may be of another one.
            symbols = symbols | self._market()
        wanted = [*symbols]
        fresh: dict[str, tuple[float, Known]] = {}
        for start in range(0, len(wanted), BATCH):
            fresh |= self._load(day, wanted[start : start + BATCH], now)
        self._copies.setdefault(day, {}).update(fresh)
        return fresh

    def _market(self) -> set[str]:
        """The symbols of which anything is known."""
        return {symbol.decode() for symbol in cast(list[bytes], self._redis.hkeys(keys.REFERENCE_VERSIONS))}

    def forget(self, symbols: Iterable[str]) -> None:
        """Drop the process's copies of what is known of `symbols`: they are old."""
        for symbol in symbols:
            for copies in [*self._copies.values()]:
                copies.pop(symbol, None)

    def asked(self, wanted: Iterable[Wanted]) -> None:
        """Take `wanted` for asked for, until the process reads about them again."""
        for symbol, day in wanted:
            copies = self._copies.get(day, {})
            if copy := copies.get(symbol):
                until, what = copy
                copies[symbol] = until, what._replace(due=False)

    def _load(self, day: date, symbols: Sequence[str], now: float) -> dict[str, tuple[float, Known]]:
        # One transaction, for a version must not be newer than the data that it is taken to stand for.
        previous_days = [keys.previous_day(symbol, day) for symbol in symbols]
        profiles = [keys.profile(symbol) for symbol in symbols]
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.REFERENCE_VERSIONS, symbols)
            pipe.mget(previous_days)
            pipe.mget(profiles)
            for key in (*previous_days, *profiles):
                pipe.ttl(key)
            versions, previous, profile, *ttls = pipe.execute()
        loaded: dict[str, tuple[float, Known]] = {}
        for n, symbol in enumerate(symbols):
            frame = Frame(
                symbol,
                Reference(
                    (previous[n] and _previous_day(previous[n])) or PreviousDay(),
                    (profile[n] and _profile(profile[n])) or Profile(),
                ),
            )
            due, trusted = self._trust([ttls[n], ttls[len(symbols) + n]])
            loaded[symbol] = now + trusted, Known((versions[n] or b"").decode(), frame, due)
        return loaded

    def _trust(self, ttls: Sequence[int]) -> tuple[bool, float]:
        """By the times to live of a symbol's keys: whether it is due, and the seconds that a copy is as good."""
        if not self._asking:
            # Of a key that does not exist it is negative; once it does, the version is another one.
            return False, min((ttl for ttl in ttls if ttl >= 0), default=math.inf)
        renewed = min(ttls) - RENEW_AHEAD
        return renewed < 0, renewed if renewed >= 0 else DUE_TTL

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
        batch = {"version": uuid.uuid4().hex, "symbols": list(answers), "figures": figures, "ttls": ttls}
        changed = self._learn([keys.REFERENCE_VERSIONS, *names], [msgspec.msgpack.encode(batch)])
        self.forget(answers)
        return cast(int, changed)
