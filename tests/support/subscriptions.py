"""Hears what Redis publishes."""

from typing import Any

import msgspec
from redis import Redis
from redis.client import PubSub


def listening(redis: Redis, *patterns: str) -> PubSub:
    """A subscriber to the channels of these names or patterns, from now on."""
    listener = redis.pubsub(ignore_subscribe_messages=True)
    listener.psubscribe(*patterns)
    # The confirmations, read here so that what follows are messages.
    for _ in patterns:
        listener.get_message(timeout=5)
    return listener


def heard(listener: PubSub) -> list[tuple[str, Any]]:
    """The channel and the JSON of each message so far, in order."""
    messages: list[tuple[str, Any]] = []
    # Redis answers behind all that it has published before.
    listener.ping()
    while message := listener.get_message(timeout=5):
        if message["type"] == "pong":
            return messages
        messages.append((message["channel"].decode(), msgspec.json.decode(message["data"])))
    raise AssertionError("Redis does not answer")
