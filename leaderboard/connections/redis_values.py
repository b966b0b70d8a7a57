"""Reads and validates what Redis holds: anybody may have written junk to a key, or a value of another type."""

import re
from typing import Any, cast

import msgspec
from msgspec import Raw
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from leaderboard import keys
from leaderboard.connections.redis_errors import is_wrong_type
from leaderboard.sessions import Session

# As many digits as the greatest number that Redis counts to.
_WHOLE = re.compile(rb"\d{1,19}")


class InvalidValueError(Exception):
    """A key does not hold what it should; the text names the key."""

    def __init__(self, key: str, expected: str) -> None:
        super().__init__(f"the key {key} does not hold {expected}")


def checked(key: str, reply: Any, expected: str) -> Any:
    """Redis's reply about a key, from a pipeline that does not raise errors.

    Raises:
        InvalidValueError: the key is of another type.
        RedisError: Redis refuses.
    """
    if isinstance(reply, ResponseError) and is_wrong_type(reply):
        raise InvalidValueError(key, expected)
    if isinstance(reply, RedisError):
        raise reply
    return reply


def whole_number(key: str, reply: Any) -> int | None:
    """A number that is not negative; None: the key does not exist."""
    value = cast(bytes | None, checked(key, reply, "a whole number"))
    if value is None:
        return None
    if not _WHOLE.fullmatch(value):
        raise InvalidValueError(key, "a whole number")
    return int(value)


def session(reply: Any) -> Session | None:
    """The session clock; None before the first session."""
    number = whole_number(keys.SESSION, reply)
    if number is None:
        return None
    try:
        return Session.from_number(number)
    except ValueError:
        raise InvalidValueError(keys.SESSION, "the number of a session") from None


async def read_json(redis: Redis, key: str) -> bytes | None:
    """The JSON that a key holds; None: it does not exist.

    Raises:
        InvalidValueError: it holds something else.
        RedisError: Redis refuses, or does not answer.
    """
    try:
        reply: Any = await redis.get(key)
    except ResponseError as error:
        reply = error
    return json(key, reply)


def json(key: str, reply: Any) -> bytes | None:
    """JSON, byte for byte; None: the key does not exist."""
    value = cast(bytes | None, checked(key, reply, "JSON"))
    if value is not None:
        try:
            value.decode()
            msgspec.json.decode(value, type=Raw)
        except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
            raise InvalidValueError(key, "JSON") from None
    return value
