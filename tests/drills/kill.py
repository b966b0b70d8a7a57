"""Workers are killed while bars stream."""

import signal
import time
from dataclasses import dataclass

from tests.drills.grounds import Grounds, Left, grounds, paced
from tests.drills.tape import PER_SYMBOL, tape


@dataclass(frozen=True)
class Kills:
    """How workers were killed.

    Attributes:
        streaming: kills while bars were being sent.
        after: those that were still due then, for no worker had been ready.
        seconds: from the last bar sent to the last one acknowledged.
    """

    streaming: int
    after: int
    seconds: float


class Pair:
    """Two workers, of which the older one is killed and replaced, under a name that no other had."""

    def __init__(self, ground: Grounds) -> None:
        self._processes = ground.processes
        self._started = 0
        self.killed = 0
        for _ in range(2):
            self._start()

    def _start(self) -> None:
        self._processes.start_worker(f"worker{self._started}")
        self._started += 1

    def kill_when_ready(self) -> None:
        """Kill the older one, unless it has not begun to work yet."""
        oldest = f"worker{self.killed}"
        if self._processes.is_ready(oldest):
            self._processes.signal(oldest, signal.SIGKILL)
            self.killed += 1
            self._start()


def kill(*, fast: bool, bars: int, rate: float, kills: int) -> tuple[Kills, Left]:
    """Kill one of two workers again and again, and start another in its place."""
    with grounds(fast=fast, symbols=bars // PER_SYMBOL) as ground:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tasks import process_agg

        pair, sent = Pair(ground), 0
        for lot in paced(tape(bars), rate):
            process_agg.delay_many(lot)
            sent += len(lot)
            if pair.killed < kills * sent // bars:
                pair.kill_when_ready()
        began, streaming = time.monotonic(), pair.killed
        while pair.killed < kills:
            pair.kill_when_ready()
            time.sleep(0.05)
        ground.drain(seconds=900)
        return Kills(streaming, kills - streaming, time.monotonic() - began), ground.left(tape(bars))
