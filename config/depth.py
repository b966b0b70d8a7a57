"""How many messages wait in the broker: counted in one way for whoever asks, each with a connection of its own."""

from typing import Any

#: Transport options of who asks again before long: an answer that does not come soon is given up.
OPTIONS = {"socket_timeout": 2.0, "socket_connect_timeout": 1.0, "max_retries": 1, "interval_start": 0}


def waiting(channel: Any, queue: str) -> int:
    """Messages in a queue, of all priorities, without those in workers' hands.

    Args:
        channel: of kombu's Redis transport.
        queue: its name.
    """
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except channel.connection.client.channel_errors:
        # An empty list does not exist in Redis.
        return 0


def unacked(channel: Any) -> int:
    """Messages of all queues in workers' hands."""
    return int(channel.client.hlen(channel.unacked_key))
