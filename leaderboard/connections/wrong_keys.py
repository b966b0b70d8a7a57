"""Finds shared keys that are of a wrong type, or hold something else than a number.

Bars wait until an operator has seen to such a key: no bar caused it and none can repair it. Scripts check their
keys before their first write (``check.lua``) and name the wrong one. Errors of other commands do not: this module
looks for it. The gateway reports what it finds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.connections.redis_errors import WrongKeyError, is_wrong_type


class _Kind(NamedTuple):
    """What a key has to be.

    Attributes:
        type: as ``TYPE`` tells it.
        number: the pattern of its string, or of each of its fields; None: any value.
        expires: whether it must have a time to live; a lease without one would never end.
    """

    type: str
    number: re.Pattern[bytes] | None = None
    expires: bool = False


# As number_fault of check.lua has it.
_COUNT = re.compile(rb"0|[1-9]\d{0,14}")
# Replays of late bars can make sums large.
_SUM = re.compile(rb"-?\d{1,18}")
_KINDS: Mapping[str, _Kind] = {
    keys.SESSION: _Kind("string", re.compile(rb"[1-9]\d{3}[01]\d[0-3]\d[01]")),
    keys.REVISION: _Kind("string", _COUNT),
    keys.RECORDS: _Kind("hash"),
    keys.SHARD: _Kind("string"),
    keys.CHANGES: _Kind("zset"),
    **{board.key: _Kind("zset") for board in BOARDS},
    **{board.scanner: _Kind("string") for board in BOARDS},
    keys.EARLY: _Kind("zset"),
    keys.SNAPSHOT: _Kind("hash"),
    keys.TICKS: _Kind("stream"),
    keys.ALERTS: _Kind("stream"),
    keys.ALERTS_STATE: _Kind("hash"),
    keys.ALERT_RULES: _Kind("string"),
    keys.RECORDING: _Kind("string", _COUNT, expires=True),
    keys.TAPE: _Kind("stream"),
    keys.TAPE_POSITION: _Kind("string", _COUNT),
    keys.COLLECTED_TAPE: _Kind("stream"),
    keys.RECORDER_LEASE: _Kind("string", expires=True),
    keys.RECORDER: _Kind("hash"),
    keys.NOTIFIER_LEASE: _Kind("string", expires=True),
    keys.NOTIFIER: _Kind("hash"),
    keys.NOTIFIER_POSITIONS: _Kind("hash"),
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
    """A sentence for each wrong key.

    Raises:
        redis.exceptions.RedisError: the server does not answer.
    """
    # No transaction: a server whose memory is full would refuse it.
    with redis.pipeline(transaction=False) as pipe:
        add_questions(pipe)
        return read_answers(pipe.execute(raise_on_error=False))


def add_questions(pipe: Any) -> None:
    """Add the commands to a pipeline of redis-py, blocking or asynchronous."""
    for name, kind in _KINDS.items():
        pipe.type(name)
        pipe.ttl(name)
        if kind.number:
            pipe.get(name) if kind.type == "string" else pipe.hgetall(name)


def read_answers(replies: Sequence[Any]) -> list[str]:
    """A sentence for each wrong key, from the replies to :func:`add_questions`; errors among them are skipped."""
    remaining = iter(replies)
    faults: list[str] = []
    for name, kind in _KINDS.items():
        held_type, ttl = next(remaining), next(remaining)
        numbers = _values(next(remaining)) if kind.number else []
        if not isinstance(held_type, bytes) or held_type == b"none":
            continue
        if held_type != kind.type.encode():
            faults.append(f"{name} is of type {held_type.decode()}, not {kind.type}")
        elif kind.expires and ttl == -1:
            faults.append(f"{name} never expires")
        elif kind.number and not all(map(kind.number.fullmatch, numbers)):
            faults.append(f"{name} does not hold a number of its kind")
    return faults


def _values(reply: Any) -> list[bytes]:
    if isinstance(reply, bytes):
        return [reply]
    return [*reply.values()] if isinstance(reply, dict) else []


@contextmanager
def naming_wrong_keys(*servers: Redis) -> Iterator[None]:
    """Replace an error about a key's type by one that names the key.

    Args:
        servers: those of the boards.

    Raises:
        WrongKeyError: instead of an error that only says that some key is of another type.
    """
    try:
        yield
    except ResponseError as error:
        if is_wrong_type(error) and (faults := [fault for redis in servers for fault in find(redis)]):
            raise WrongKeyError("; ".join(faults)) from error
        raise
