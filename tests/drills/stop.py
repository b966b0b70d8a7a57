"""A worker is told to stop while bars stream."""

import signal
import threading
import time
from dataclasses import dataclass

from tests.drills.grounds import Left, grounds, paced
from tests.drills.tape import PER_SYMBOL, tape
from tests.waiting import eventually


@dataclass(frozen=True)
class Stop:
    """One warm shutdown: how long it took, and how many messages the worker kept to itself."""

    seconds: float
    unacked: int


def stop(*, bars: int, rate: float, times: int) -> tuple[list[Stop], Left]:
    """Stop a worker in the middle of its work and start the next one, so many times."""
    with grounds(fast=True, symbols=bars // PER_SYMBOL) as ground:
        from tasks import process_agg

        def stream() -> None:
            for lot in paced(tape(bars), rate):
                process_agg.delay_many(lot)

        producer = threading.Thread(target=stream)
        producer.start()
        stops = []
        for n in range(times):
            name = f"worker{n}"
            ground.processes.worker(name)
            eventually(ground.unacked)
            time.sleep(0.1)
            began = time.monotonic()
            ground.processes.signal(name, signal.SIGTERM)
            ground.processes.await_end(name)
            stops.append(Stop(time.monotonic() - began, ground.unacked()))
        producer.join()
        ground.processes.worker("last")
        ground.drain(seconds=300)
        return stops, ground.left(tape(bars))
