"""Reference data in Redis: its keys, versions and times to live."""

import logging
import math
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, cast

import msgspec
from msgspec import convert
from redis import Redis

from leaderboard import keys
from leaderboard.brief import brief
from leaderboard.event import is_symbol
from leaderboard.reference.figures import PreviousDay, Profile, Reference
from leaderboard.scripts import script
from leaderboard.scripts.packing import pack

log = logging.getLogger(__name__)

HOUR = 3600
PREVIOUS_DAY_TTL = 8 * HOUR
PROFILE_TTL = 12 * HOUR
#: Of an answer that says nothing of a symbol.
UNKNOWN_TTL = 6 * HOUR
#: Seconds after which every figure has expired; a minute is added, as keys expire by the millisecond.
LONGEST_TTL = max(PREVIOUS_DAY_TTL, PROFILE_TTL, UNKNOWN_TTL) + 60
#: Symbols per call.
BATCH = 500


class StoredReference(NamedTuple):
    """A symbol's reference data in Redis.

    Attributes:
        version: changes with the data; empty if there never was any.
        reference: the figures that have not expired.
        ttl: seconds until the first of the symbol's two keys expires; negative if one does not exist.
        valid_for: seconds until the first figure expires; infinity if there is no figure.
    """

    version: str
    reference: Reference
    ttl: int
    valid_for: float


class RedisReference:
    """Reads and writes reference data.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._learn = script.load(redis, "check.lua", "learn.lua")

    def symbols(self) -> set[str]:
        """The symbols of which anything is known."""
        return {symbol.decode() for symbol in cast(list[bytes], self._redis.hkeys(keys.REFERENCE_VERSIONS))}

    def load(self, day: date, symbols: Sequence[str]) -> list[StoredReference]:
        """Read what is known of `symbols` on `day`, in their order."""
        names = [keys.previous_day(symbol, day) for symbol in symbols] + list(map(keys.profile, symbols))
        # One transaction: a version must not be newer than the data that is read with it.
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.REFERENCE_VERSIONS, symbols)
            pipe.time()
            pipe.mget(names)
            for key in names:
                pipe.ttl(key)
            versions, (now, _), texts, *ttls = pipe.execute()
        values = [_value(key, text, ttl, now) for key, text, ttl in zip(names, texts, ttls, strict=True)]
        middle = len(symbols)
        return [
            StoredReference(
                (version or b"").decode(),
                Reference(convert(previous.figures, PreviousDay), convert(profile.figures, Profile)),
                min(previous.ttl, profile.ttl),
                # A negative time says that there is no figure; once there is one, the version changes.
                min((each.valid_for for each in (previous, profile) if each.valid_for >= 0), default=math.inf),
            )
            for version, previous, profile in zip(versions, values[:middle], values[middle:], strict=True)
        ]

    def save(self, day: date, answers: Mapping[str, Reference | None]) -> int:
        """Store a source's answers.

        Args:
            day: the trading day whose previous day's figures these are.
            answers: symbol to figures; None: the source does not know the symbol.

        Returns:
            The number of symbols whose data changed.
        """
        # No event has another symbol, and no other text may become part of a key.
        symbols = [symbol for symbol in answers if is_symbol(symbol)]
        batches = (symbols[start : start + BATCH] for start in range(0, len(symbols), BATCH))
        return sum(self._save_batch(day, {symbol: answers[symbol] for symbol in batch}) for batch in batches)

    def _save_batch(self, day: date, answers: Mapping[str, Reference | None]) -> int:
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
        return cast(int, self._learn(names, [pack(batch)]))


class _Value(NamedTuple):
    """A key of figures.

    Attributes:
        figures: name to value, of those that have not expired.
        ttl: seconds until the key expires; negative if it does not exist, or never expires.
        valid_for: seconds until the first figure expires; negative if there is none.
    """

    figures: dict[str, float]
    ttl: int
    valid_for: int


_UNTIL = "_until"


def _value(key: str, text: bytes | None, ttl: int, now: int) -> _Value:
    """Parse a key that ``learn.lua`` wrote.

    Args:
        key: its name.
        text: its value; None: it does not exist.
        ttl: as Redis tells it.
        now: Unix seconds.
    """
    if text is None:
        return _Value({}, ttl, ttl)
    try:
        stored = _decode(text) or {}
    except msgspec.DecodeError:
        # Treated as absent: a source is asked, and its answer replaces this.
        log.warning("%s holds no reference data: %s", key, brief(text))
        return _Value({}, -1, -1)
    left = {name.removesuffix(_UNTIL): end - now for name, end in stored.items() if name.endswith(_UNTIL)}
    figures = {
        name: value for name, value in stored.items() if not name.endswith(_UNTIL) and left.get(name, 1) > 0
    }
    return _Value(figures, ttl, int(min([ttl, *(seconds for seconds in left.values() if seconds > 0)])))


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, float] | None).decode
