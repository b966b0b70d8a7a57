"""Redis has no memory left, and refuses what would take more."""

import signal
import time

from tests.chaos.grounds import Grounds, grounds, paced
from tests.chaos.tape import PER_SYMBOL, tape
from tests.chaos.verdict import Verdict
from tests.support.waiting import eventually

#: What the producer is told then.
REFUSAL = "maxmemory"


def full(
    *, bars: int = 120_000, rate: float = 6_000, room: int = 30, seconds: float = 15, split: bool = True
) -> Verdict:
    """Let workers stand still while bars stream, until the server of the queues is full (``noeviction``).

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
    with grounds(fast=True, symbols=bars // PER_SYMBOL, split=split) as ground:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        names = ("worker0", "worker1")
        ground.workers(*names)
        with Stream(paced(tape(bars), rate)) as stream:
            producer = stream.producer
            eventually(lambda: ground.totals().processed > bars / 20, what="the workers are at work")
            _signal(ground, names, signal.SIGSTOP)
            ground.broker.config_set("maxmemory", _used(ground) + room * 1_000_000)
            eventually(lambda: producer.refusals, seconds=120, what="the producer is refused")
            before = ground.totals().processed
            if split:
                time.sleep(seconds)
                _signal(ground, names, signal.SIGCONT)
            else:
                # The workers go on, in vain.
                _signal(ground, names, signal.SIGCONT)
                time.sleep(seconds)
                ground.broker.config_set("maxmemory", 0)
            freed = time.monotonic()
            eventually(lambda: ground.totals().processed > before, what="bars are processed")
            flowing = time.monotonic() - freed
        began = time.monotonic()
        ground.drain(seconds=300)
        recovery = time.monotonic() - began
        notes = (
            f"{producer.refusals} sendings refused ({min(producer.errors, key=len)!r}), "
            f"{producer.doubtful:,} bars in doubt; bars flowed again after {flowing:.1f} s"
        )
        broken = () if all(REFUSAL in each for each in producer.errors) else ("a refusal does not say why",)
        faults = f"{'the broker' if split else 'Redis, boards and all,'} full for {seconds:.0f} s"
        return Verdict(faults, producer.sent, ground.left(tape(bars)), recovery, notes, broken)


def full_shared(*, bars: int = 120_000, rate: float = 6_000, room: int = 30, seconds: float = 15) -> Verdict:
    """As ``full``, with boards and queues on one server.

    Args:
        bars: in all.
        rate: bars a second.
        room: megabytes that the server has beside what it holds at first.
        seconds: for which it stays full.
    """
    return full(bars=bars, rate=rate, room=room, seconds=seconds, split=False)


def _signal(ground: Grounds, names: tuple[str, ...], number: signal.Signals) -> None:
    for name in names:
        ground.processes.signal(name, number)


def _used(ground: Grounds) -> int:
    return int(ground.broker.info("memory")["used_memory"])
