"""A process that notes when quotes come. It listens to sampled symbols only, for all would keep a core busy."""

import time
from typing import Any

import msgspec
from redis import Redis

from bench.child import ready, receive, report
from config.settings import settings
from leaderboard import keys

#: The channel on which it is told to end.
END = "bench:end"


class Order(msgspec.Struct):
    """Whose quotes to listen for."""

    symbols: list[str]


class Heard(msgspec.Struct):
    """Quotes as they came: symbol, accumulated volume, seconds of the machine's monotonic clock."""

    quotes: list[tuple[str, float, float]]


class _Quote(msgspec.Struct):
    symbol: str
    accumulated_volume: float


def main() -> None:
    names = [END, *map(keys.quote, receive(Order).symbols)]
    redis: Any = Redis.from_url(settings().redis_url)
    channels = redis.pubsub()
    channels.subscribe(*names)
    # Once every subscription is answered nothing is missed.
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
