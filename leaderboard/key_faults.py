"""What is wrong with the keys that everything stands on: another type, or junk where a number belongs.

No bar is at fault for it and none can mend it, so bars wait until somebody has seen to the key. The scripts check
their keys by themselves (``check.lua``), before their first write. This finds the key for all else, whose errors
do not name it, and for the gateway.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.redis_errors import WrongKeyError, is_wrong_type


class _Kind(NamedTuple):
    """What a key is to be.

    Attributes:
        type: as ``TYPE`` says.
        number: what its string has to match, or each of its fields; unset: anything.
        expires: whether it must have a time to live: a lock that has none is held for ever.
    """

    type: str
    number: re.Pattern[bytes] | None = None
    expires: bool = False


# As number_fault of check.lua has it.
_COUNT = re.compile(rb"0|[1-9]\d{0,14}")
# Sums, which a replay of late bars may have grow far.
_SUM = re.compile(rb"-?\d{1,18}")
_KINDS: Mapping[str, _Kind] = {
    keys.SESSION: _Kind("string", re.compile(rb"[1-9]\d{3}[01]\d[0-3]\d[01]")),
    keys.REVISION: _Kind("string", _COUNT),
    keys.RECORDS: _Kind("hash"),
    **{board.key: _Kind("zset") for board in BOARDS},
    **{board.scanner: _Kind("string") for board in BOARDS},
    keys.EARLY: _Kind("zset"),
    keys.SNAPSHOT: _Kind("hash"),
    keys.TOTALS: _Kind("hash", _SUM),
    keys.DEAD: _Kind("stream"),
    keys.REFERENCE_VERSIONS: _Kind("hash"),
    keys.REFERENCE_EXPIRIES: _Kind("zset"),
    keys.REFERENCE_WANTED: _Kind("set"),
    keys.REFERENCE_CALLED: _Kind("string", expires=True),
    keys.REFERENCE_SOURCED: _Kind("string", expires=True),
    keys.REFERENCE_FETCHING: _Kind("string", expires=True),
}


def find(redis: Redis) -> list[str]:
    """A sentence for each key that is wrong.

    Raises:
        redis.exceptions.RedisError: the server does not answer.
    """
    # No transaction, which a server whose memory is full would refuse.
    with redis.pipeline(transaction=False) as pipe:
        ask(pipe)
        return read(pipe.execute(raise_on_error=False))


def ask(pipe: Any) -> None:
    """Put the questions into a pipeline, of an asynchronous client as well."""
    for name, kind in _KINDS.items():
        pipe.type(name)
        pipe.ttl(name)
        if kind.number:
            pipe.get(name) if kind.type == "string" else pipe.hgetall(name)


def read(replies: Sequence[Any]) -> list[str]:
    """What the answers to :func:`ask` tell, as :func:`find` does. What was not answered tells nothing."""
    remaining = iter(replies)
    faults: list[str] = []
    for name, kind in _KINDS.items():
        held_type, ttl = next(remaining), next(remaining)
        numbers = _listed(next(remaining)) if kind.number else []
        if not isinstance(held_type, bytes) or held_type == b"none":
            continue
        if held_type != kind.type.encode():
            faults.append(f"{name} is of type {held_type.decode()}, not {kind.type}")
        elif kind.expires and ttl == -1:
            faults.append(f"{name} never expires")
        elif kind.number and not all(map(kind.number.fullmatch, numbers)):
            faults.append(f"{name} does not hold a number of its kind")
    return faults


def _listed(reply: Any) -> list[bytes]:
    if isinstance(reply, bytes):
        return [reply]
    return [*reply.values()] if isinstance(reply, dict) else []


@contextmanager
def named(redis: Redis) -> Iterator[None]:
    """Has an error about a key's type name the key.

    Raises:
        WrongKeyError: in the place of an error that says no more than that a key is of another type.
    """
    try:
        yield
    except ResponseError as error:
        if is_wrong_type(error) and (faults := find(redis)):
            raise WrongKeyError("; ".join(faults)) from error
        raise
