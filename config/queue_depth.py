"""How many messages wait in the broker, and how many are in flight."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu import Connection
from kombu.exceptions import OperationalError
from kombu.utils.encoding import bytes_to_str
from redis.exceptions import ResponseError

#: Transport options for callers that ask again soon: they give up quickly.
OPTIONS = {"socket_timeout": 2.0, "socket_connect_timeout": 1.0, "max_retries": 1, "interval_start": 0}


def broker_errors_of(connection: Connection) -> tuple[type[BaseException], ...]:
    """The errors that a connection to a broker raises."""
    return (OperationalError, *connection.connection_errors, *connection.channel_errors)


def waiting(channel: Any, queue: str) -> int:
    """Messages in a queue, of all priorities, without those in flight.

    Args:
        channel: of kombu's Redis transport.
        queue: its name.

    Raises:
        redis.exceptions.ResponseError: the server refuses, or a key is of another type than a queue's.
    """
    names = priority_lists(channel, queue)
    # One by one: a server whose memory is full refuses the transaction that kombu uses.
    with explain_wrong_types(channel, dict.fromkeys(names, "list")):
        return sum(channel.client.llen(name) for name in names)


def unacked(channel: Any) -> int:
    """Messages of all queues in flight: delivered and not acknowledged.

    Raises:
        redis.exceptions.ResponseError: as of :func:`waiting`.
    """
    with explain_wrong_types(channel, {channel.unacked_key: "hash"}):
        return int(channel.client.hlen(channel.unacked_key))


def priority_lists(channel: Any, queue: str) -> list[str]:
    """The lists of a queue, one for each priority, the one that is delivered first at the front."""
    return [channel._q_for_pri(queue, priority) for priority in channel.priority_steps]


@contextmanager
def explain_wrong_types(channel: Any, types: dict[str, str]) -> Iterator[None]:
    """Make an error about a key of the wrong type name the key and its type.

    Args:
        channel: of kombu's Redis transport.
        types: the type that each key should have.
    """
    try:
        yield
    except ResponseError as error:
        # Not at the start: a pipeline puts the command before it.
        if "WRONGTYPE" not in str(error):
            raise
        found = {key: bytes_to_str(channel.client.type(key)) for key in types}
        wrong = [
            f"the key {key!r} is a {found[key]}, and has to be a {type}"
            for key, type in types.items()
            if found[key] not in (type, "none")
        ]
        raise ResponseError("; ".join(wrong) or str(error)) from error
