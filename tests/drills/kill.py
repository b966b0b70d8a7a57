"""Workers are killed while bars stream."""

import signal
import time
from itertools import count

from tests.drills.grounds import Grounds, Left, grounds, paced
from tests.drills.tape import PER_SYMBOL, tape


def kill(*, fast: bool, bars: int, rate: float, kills: int) -> tuple[Left, float, int]:
    """Kill one of two workers again and again, and start another in its place.

    Returns:
        What was left, the seconds from the last bar sent to the last one acknowledged, and the kills.
    """
    with grounds(fast=fast, symbols=bars // PER_SYMBOL) as ground:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tasks import process_agg

        names = (f"worker{n}" for n in count())
        running = [next(names), next(names)]
        for name in running:
            ground.worker(name)
        killed, sent = 0, 0
        for lot in paced(tape(bars), rate):
            process_agg.delay_many(lot)
            sent += len(lot)
            if killed < kills * sent // bars and ground.is_ready(running[0]):
                replace(ground, running, next(names))
                killed += 1
        while killed < kills:
            if ground.is_ready(running[0]):
                replace(ground, running, next(names))
                killed += 1
            time.sleep(0.05)
        began = time.monotonic()
        ground.drain(seconds=900)
        seconds = time.monotonic() - began
        return ground.left(tape(bars)), seconds, killed


def replace(ground: Grounds, running: list[str], fresh: str) -> None:
    """Kill the worker that has run for longest, and start one under a name that no other had."""
    ground.processes.signal(running.pop(0), signal.SIGKILL)
    ground.worker(fresh)
    running.append(fresh)
