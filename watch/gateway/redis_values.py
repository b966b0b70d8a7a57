"""What Redis holds, validated: a key can be of another type or hold junk, whoever wrote it."""

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Raw
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from leaderboard import keys
from leaderboard.redis_errors import is_wrong_type
from leaderboard.sessions import Session
from leaderboard.totals import Totals

# What Redis counts up to has so many digits.
_WHOLE = re.compile(rb"\d{1,19}")
_COUNT = re.compile(rb"-?\d{1,19}")


class InvalidValueError(Exception):
    """A key does not hold what it should; the text names the key."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(f"the key {key} does not hold {what}")


def answer(key: str, told: Any, what: str) -> Any:
    """What Redis answered about a key, as one of a pipeline whose errors are not raised.

    Raises:
        InvalidValueError: the key is of another type.
        RedisError: Redis refuses.
    """
    if isinstance(told, ResponseError) and is_wrong_type(told):
        raise InvalidValueError(key, what)
    if isinstance(told, RedisError):
        raise told
    return told


def whole(key: str, told: Any) -> int | None:
    """A number that is not negative; None where there is none."""
    held = cast(bytes | None, answer(key, told, "a whole number"))
    if held is None:
        return None
    if not _WHOLE.fullmatch(held):
        raise InvalidValueError(key, "a whole number")
    return int(held)


def session(told: Any) -> Session | None:
    """The session clock; None before the first session."""
    number = whole(keys.SESSION, told)
    if number is None:
        return None
    try:
        return Session.from_number(number)
    except ValueError:
        raise InvalidValueError(keys.SESSION, "the number of a session") from None


def totals(told: Any) -> Totals:
    """What the cluster has done."""
    held = cast(Mapping[bytes, bytes], answer(keys.TOTALS, told, "a hash of counts"))
    if not all(name.isascii() and _COUNT.fullmatch(count) for name, count in held.items()):
        raise InvalidValueError(keys.TOTALS, "a hash of counts")
    return Totals.parse(held)


async def read_json(redis: Redis, key: str) -> bytes | None:
    """What a key holds, which is to be JSON.

    Raises:
        InvalidValueError: it holds something else.
        RedisError: Redis refuses, or does not answer.
    """
    try:
        told: Any = await redis.get(key)
    except ResponseError as error:
        told = error
    return json(key, told)


def json(key: str, told: Any) -> bytes | None:
    """JSON as it is held; None where there is none."""
    held = cast(bytes | None, answer(key, told, "JSON"))
    if held is not None:
        try:
            held.decode()
            msgspec.json.decode(held, type=Raw)
        except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
            raise InvalidValueError(key, "JSON") from None
    return held
