"""Reference data in Redis: its keys, versions and times to live."""

import logging
import math
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, cast

import msgspec
from msgspec import convert
from redis import Redis

from leaderboard import keys
from leaderboard.brief import brief
from leaderboard.event import is_symbol
from leaderboard.reference.figures import NOTHING_KNOWN, PreviousDay, Profile, Reference
from leaderboard.reference.volume_profile import VolumeProfile
from leaderboard.scripts import script
from leaderboard.scripts.packing import pack
from leaderboard.tape.recording import WHOLE_TAPE_KEYS

log = logging.getLogger(__name__)

HOUR = 3600
PREVIOUS_DAY_TTL = 8 * HOUR
PROFILE_TTL = 12 * HOUR
#: Of an answer that says nothing of a symbol.
UNKNOWN_TTL = 6 * HOUR
#: Profiles are made anew each trading day, and change little from one day to the next. So a week in which none was
#: made, with a holiday beside it, leaves every symbol its profile.
VOLUME_PROFILE_TTL = 8 * 24 * HOUR
# Added to the time after which all of a symbol's figures have expired, as keys expire by the millisecond.
_MARGIN = 60
# Seconds after which all of any symbol's figures have expired.
_LONGEST = max(PREVIOUS_DAY_TTL, PROFILE_TTL, VOLUME_PROFILE_TTL) + _MARGIN
#: Symbols per call.
BATCH = 500

# Random, so that no version is used twice. It goes with every bar: a long one costs.
_VERSION_BYTES = 9


class StoredReference(NamedTuple):
    """A symbol's reference data in Redis.

    Attributes:
        version: changes with the data; empty if there never was any.
        reference: the figures that have not expired.
        ttl: seconds until the first of the two keys that a source's answers fill expires; negative if one does not
            exist.
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
        self._learn = script.load(redis, "check.lua", "tape.lua", "learn.lua")

    def symbols(self) -> set[str]:
        """The symbols of which anything is known."""
        return {symbol.decode() for symbol in cast(list[bytes], self._redis.hkeys(keys.REFERENCE_VERSIONS))}

    def load(self, day: date, symbols: Sequence[str]) -> list[StoredReference]:
        """Read what is known of `symbols` on `day`, in their order."""
        names = [name for symbol in symbols for name in _names(symbol, day)]
        # One transaction: a version must not be newer than the data that is read with it.
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.REFERENCE_VERSIONS, symbols)
            pipe.time()
            pipe.mget(names)
            for key in names:
                pipe.ttl(key)
            versions, (now, _), texts, *ttls = pipe.execute()
        read = iter([_Read(*each) for each in zip(names, texts, ttls, strict=True)])
        return [
            _stored(version, now, *of_symbol)
            for version, *of_symbol in zip(versions, read, read, read, strict=True)
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
        known = [answer or NOTHING_KNOWN for answer in answers.values()]
        stored = [each for answer in known for each in _to_store(answer)]
        batch = {
            "day": f"{day:%Y%m%d}",
            "version": secrets.token_urlsafe(_VERSION_BYTES),
            "symbols": list(answers),
            "figures": [each.figures for each in stored],
            "ttls": [each.ttl for each in stored],
            "volume_profile_ttl": VOLUME_PROFILE_TTL,
            "lives": [_life(answer) for answer in known],
            "longest": _LONGEST,
        }
        names = [name for symbol in answers for name in _names(symbol, day)]
        # Redis reads no bytes that are packed as msgpack.
        profiles = [answer.volume_profile.packed for answer in known]
        shared = [keys.REFERENCE_VERSIONS, keys.REFERENCE_EXPIRIES, *WHOLE_TAPE_KEYS]
        return cast(int, self._learn([*shared, *names], [pack(batch), *profiles]))


def _names(symbol: str, day: date) -> tuple[str, str, str]:
    """The keys of a symbol's reference data, in the order in which ``learn.lua`` takes them."""
    return keys.previous_day(symbol, day), keys.profile(symbol), keys.volume_profile(symbol)


class _ToStore(NamedTuple):
    """What ``learn.lua`` stores in a key of figures, and for how many seconds."""

    figures: str
    ttl: int


_UNKNOWN = _ToStore("null", UNKNOWN_TTL)
_LEAVE = _ToStore("", 0)


def _to_store(answer: Reference) -> tuple[_ToStore, _ToStore]:
    """What an answer makes of a symbol's two keys of figures."""
    # A volume profile alone is not a source's answer: it does not say that these figures are unknown.
    missing = _LEAVE if answer.volume_profile.means and not _has_figures(answer) else _UNKNOWN
    previous, profile = answer.previous, answer.profile
    return (
        _ToStore(_encode(previous).decode(), PREVIOUS_DAY_TTL) if previous != PreviousDay() else missing,
        _ToStore(_encode(profile).decode(), PROFILE_TTL) if profile != Profile() else missing,
    )


def _life(answer: Reference) -> int:
    """Seconds until all that an answer says has expired; 0 if it says nothing."""
    if answer.volume_profile.means:
        return _LONGEST
    return max(PREVIOUS_DAY_TTL, PROFILE_TTL) + _MARGIN if _has_figures(answer) else 0


def _has_figures(answer: Reference) -> bool:
    return answer.previous != PreviousDay() or answer.profile != Profile()


class _Read(NamedTuple):
    """A key as it was read.

    Attributes:
        name: its name.
        value: None: it does not exist, or is of another type.
        ttl: as Redis returns it.
    """

    name: str
    value: bytes | None
    ttl: int


def _stored(version: bytes | None, now: int, previous: _Read, profile: _Read, usual: _Read) -> StoredReference:
    """A symbol's reference data from its version and its keys, read at `now`, Unix seconds."""
    of_previous, of_profile, volumes = _figures(previous, now), _figures(profile, now), _volume_profile(usual)
    valid_for = [of_previous.valid_for, of_profile.valid_for, usual.ttl if volumes.means else -1]
    return StoredReference(
        (version or b"").decode(),
        Reference(convert(of_previous.figures, PreviousDay), convert(of_profile.figures, Profile), volumes),
        min(of_previous.ttl, of_profile.ttl),
        # A negative time says that there is no figure; once there is one, the version changes.
        min((seconds for seconds in valid_for if seconds >= 0), default=math.inf),
    )


class _Figures(NamedTuple):
    """The value of a key of figures.

    Attributes:
        figures: name to value, of those that have not expired.
        ttl: seconds until the key expires; negative if it does not exist, or never expires.
        valid_for: seconds until the first figure expires; negative if there is none.
    """

    figures: dict[str, float]
    ttl: int
    valid_for: int


_UNTIL = "_until"


def _figures(key: _Read, now: int) -> _Figures:
    """Parse a key of figures that ``learn.lua`` wrote, read at `now`, Unix seconds."""
    if key.value is None:
        return _Figures({}, key.ttl, key.ttl)
    try:
        stored = _decode(key.value) or {}
    except msgspec.DecodeError:
        # Treated as absent: a source is asked, and its answer replaces this.
        _log_junk(key)
        return _Figures({}, -1, -1)
    left = {name.removesuffix(_UNTIL): end - now for name, end in stored.items() if name.endswith(_UNTIL)}
    figures = {
        name: value for name, value in stored.items() if not name.endswith(_UNTIL) and left.get(name, 1) > 0
    }
    return _Figures(figures, key.ttl, int(min([key.ttl, *(seconds for seconds in left.values() if seconds > 0)])))


def _volume_profile(key: _Read) -> VolumeProfile:
    """Parse a key of a volume profile that ``learn.lua`` wrote."""
    if key.value is None:
        return VolumeProfile()
    try:
        return VolumeProfile.unpack(key.value)
    except ValueError:
        # Treated as absent: the next profile replaces this.
        _log_junk(key)
        return VolumeProfile()


def _log_junk(key: _Read) -> None:
    log.warning("%s holds no reference data: %s", key.name, brief(key.value))


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, float] | None).decode
