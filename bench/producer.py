"""A process that sends bars, in the lane of ``FAST_LANE``, to the broker at ``CELERY_BROKER_URL``."""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Literal

import msgspec
from redis import Redis

from bench.bars import SYMBOLS, bars, sampled
from bench.child import await_go, ready, receive, report

#: How bars are sent: by ``process_agg.delay``, in ``process_agg.buffered()``, by ``process_agg.delay_many``.
Way = Literal["delay", "buffered", "delay_many"]
Send = Callable[[Sequence[dict[str, Any]]], None]

#: Seconds between two calls of a producer that sends at a rate.
TICK = 0.01


class Order(msgspec.Struct):
    """What to send.

    Attributes:
        way: how to send.
        first: number of the first bar.
        bars: how many, at most.
        seconds: after which no more are sent.
        bound: bars queued above which it waits; none: it never waits.
        rate: bars a second, sent every :data:`TICK`; none: as fast as it can.
        symbols: of the market.
    """

    way: Way
    first: int
    bars: int
    seconds: float = 3600.0
    bound: int | None = None
    rate: float | None = None
    symbols: int = SYMBOLS


class Sent(msgspec.Struct):
    """What was sent.

    Attributes:
        bars: how many.
        seconds: from the first call to the end of the last one.
        cpu: seconds of the process's CPU in that time.
        stamps: of the bars of sampled symbols: symbol, accumulated volume, and when the call that sent it began
            (seconds of the machine's monotonic clock).
    """

    bars: int
    seconds: float
    cpu: float
    stamps: list[tuple[str, float, float]]


def main() -> None:
    order = receive(Order)
    # Made beforehand: only sending is measured.
    events = list(islice(bars(order.first, order.symbols), order.bars))
    send = _way(order.way)
    ready()
    await_go()
    stamps: list[tuple[str, float, float]] = []
    began, used = time.monotonic(), time.process_time()
    if order.rate is not None:
        sent = _at_rate(order.rate, send, events, stamps)
    elif order.bound is not None:
        sent = _below(order.bound, send, events, began + order.seconds)
    else:
        send(events)
        sent = len(events)
    report(Sent(sent, time.monotonic() - began, time.process_time() - used, stamps))


def _way(way: Way) -> Send:
    # Imported here: the benchmark imports this module too, and must not read the lane's settings.
    from tasks import process_agg

    def delay(events: Sequence[dict[str, Any]]) -> None:
        for event in events:
            process_agg.delay(event)

    def buffered(events: Sequence[dict[str, Any]]) -> None:
        with process_agg.buffered() as send:
            for event in events:
                send(event)

    def delay_many(events: Sequence[dict[str, Any]]) -> None:
        process_agg.delay_many(events)

    return {"delay": delay, "buffered": buffered, "delay_many": delay_many}[way]


def _below(bound: int, send: Send, events: Sequence[dict[str, Any]], deadline: float) -> int:
    from config.celery import AGGS
    from config.settings import settings

    broker = Redis.from_url(settings().celery_broker_url)
    batch = bound // 5
    sent = 0
    while sent < len(events) and time.monotonic() < deadline:
        if broker.llen(AGGS) > bound - batch:
            time.sleep(0.005)
            continue
        send(events[sent : sent + batch])
        sent = min(sent + batch, len(events))
    return sent


def _at_rate(
    rate: float, send: Send, events: Sequence[dict[str, Any]], stamps: list[tuple[str, float, float]]
) -> int:
    watched = sampled()
    began = time.monotonic()
    sent, tick = 0, 0
    while sent < len(events):
        now = time.monotonic()
        due = min(len(events), int((now - began) * rate))
        batch = events[sent:due]
        if batch:
            send(batch)
            stamps += [(bar["sym"], bar["av"], now) for bar in batch if bar["sym"] in watched]
            sent = due
        tick += 1
        time.sleep(max(0.0, began + tick * TICK - time.monotonic()))
    return sent


if __name__ == "__main__":
    main()
