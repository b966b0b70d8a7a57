"""Redis has no memory left and refuses writes."""

import signal
import time

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import Harness, paced, running_harness
from tests.chaos.verdict import Verdict
from tests.support.waiting import eventually

#: The error that the producer gets.
REFUSAL = "maxmemory"


def full(
    *, bars: int = 120_000, rate: float = 6_000, room: int = 30, seconds: float = 15, split: bool = True
) -> Verdict:
    """Freeze the workers while bars stream, until the broker's Redis is full (``noeviction``).

    The producer is refused by an error that says so, and sends again what was not accepted. With a server of their
    own for the boards the workers then empty the queue by themselves; where boards share the full one, bars wait
    until it gets more memory.

    Args:
        bars: in all.
        rate: bars a second.
        room: megabytes that the server has beside what it holds at first.
        seconds: for which it stays full.
        split: boards have a server of their own.
    """
    with running_harness(fast=True, symbols=bars // PER_SYMBOL, split=split) as harness:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        names = ("worker0", "worker1")
        harness.workers(*names)
        with Stream(paced(distinct_bars(bars), rate)) as stream:
            producer = stream.producer
            harness.await_work(bars / 20)
            _signal(harness, names, signal.SIGSTOP)
            harness.broker.config_set("maxmemory", _used(harness) + room * 1_000_000)
            eventually(lambda: producer.refusals, seconds=120, what="the producer is refused")
            before = harness.totals().processed
            if split:
                time.sleep(seconds)
                _signal(harness, names, signal.SIGCONT)
            else:
                # The workers go on, but cannot write.
                _signal(harness, names, signal.SIGCONT)
                time.sleep(seconds)
                harness.broker.config_set("maxmemory", 0)
            freed = time.monotonic()
            eventually(lambda: harness.totals().processed > before, what="bars are processed")
            flowing = time.monotonic() - freed
        recovery = harness.drain(seconds=300)
        notes = (
            f"{producer.refusals} sendings refused ({min(producer.errors, key=len)!r}), "
            f"{producer.doubtful:,} bars in doubt; bars flowed again after {flowing:.1f} s"
        )
        broken = () if all(REFUSAL in each for each in producer.errors) else ("a refusal does not say why",)
        faults = f"{'the broker' if split else 'Redis, boards and all,'} full for {seconds:.0f} s"
        return Verdict(faults, producer.sent, harness.reconcile(distinct_bars(bars)), recovery, notes, broken)


def full_shared(*, bars: int = 120_000, rate: float = 6_000, room: int = 30, seconds: float = 15) -> Verdict:
    """As ``full``, with boards and queues on one server.

    Args:
        bars: in all.
        rate: bars a second.
        room: megabytes that the server has beside what it holds at first.
        seconds: for which it stays full.
    """
    return full(bars=bars, rate=rate, room=room, seconds=seconds, split=False)


def _signal(harness: Harness, names: tuple[str, ...], number: signal.Signals) -> None:
    for name in names:
        harness.processes.signal(name, number)


def _used(harness: Harness) -> int:
    return int(harness.broker.info("memory")["used_memory"])
