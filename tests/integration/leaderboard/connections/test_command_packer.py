"""Commands as they are sent: large values are not copied, and arrive as they are."""

import random
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import DataError

from leaderboard.connections.command_packer import LARGE, CommandPacker
from leaderboard.connections.connection import connect


def test_large_values_arrive_among_small_ones(redis: Redis, redis_url: str) -> None:
    # Given values of all sizes, with any bytes
    client, rng = connect(redis_url), random.Random(1)
    values = {f"k{n}": rng.randbytes(size) for n, size in enumerate((0, 5, LARGE - 1, LARGE, 200_000))}

    # When they are written by one command and in a transaction
    client.mset(values)
    with client.pipeline() as pipe:
        for key, value in values.items():
            pipe.set(f"other-{key}", value, ex=100)
            pipe.append(f"other-{key}", 1.5)
        pipe.execute()

    # Then each is there
    assert [redis.get(key) for key in values] == [*values.values()]
    assert [redis.get(f"other-{key}") for key in values] == [value + b"1.5" for value in values.values()]


@pytest.mark.parametrize("large", [(), (1,), (2, 3), (1, 4)])
def test_commands_are_the_bytes_that_redis_py_sends(large: tuple[int, ...]) -> None:
    arguments: list[Any] = ["SET", "key", "value", 12, 1.5]
    for at in large:
        arguments[at] = b"x" * LARGE

    parts = CommandPacker().pack(*arguments)

    assert b"".join(parts) == b"".join(CommandPacker.__base__.pack(CommandPacker(), *arguments))  # type: ignore[union-attr]
    assert all(any(part is argument for part in parts) for argument in arguments if len(str(argument)) >= LARGE)


def test_what_cannot_be_sent_is_an_error_of_redis_py(redis_url: str) -> None:
    with pytest.raises(DataError):
        connect(redis_url).set("key", object())  # type: ignore[arg-type]
