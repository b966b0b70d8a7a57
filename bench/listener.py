"""A process that records when quotes arrive, of sampled symbols only: all quotes would keep a core busy."""

import time
from typing import Any

import msgspec
from redis import Redis

from bench.child import ready, receive, report
from config.settings import settings
from leaderboard import keys

#: A message on this channel ends it.
END = "bench:end"


class Order(msgspec.Struct):
    """Whose quotes to listen for."""

    symbols: list[str]


class Heard(msgspec.Struct):
    """The quotes: symbol, accumulated volume, and arrival in seconds of the machine's monotonic clock."""

    quotes: list[tuple[str, float, float]]


class _Quote(msgspec.Struct):
    symbol: str
    accumulated_volume: float


def main() -> None:
    names = [END, *map(keys.quote, receive(Order).symbols)]
    redis: Any = Redis.from_url(settings().redis_url)
    channels = redis.pubsub()
    channels.subscribe(*names)
    # Wait until all subscriptions are confirmed, so that no quote is missed.
    for _ in names:
        channels.parse_response()
    ready()
    came: list[tuple[float, bytes]] = []
    for message in channels.listen():
        if message["channel"] == END.encode():
            break
        came.append((time.monotonic(), message["data"]))
    decode = msgspec.json.Decoder(_Quote).decode
    quotes = [(at, decode(data)) for at, data in came]
    report(Heard([(quote.symbol, quote.accumulated_volume, at) for at, quote in quotes]))


if __name__ == "__main__":
    main()
