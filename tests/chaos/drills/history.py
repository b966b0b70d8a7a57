"""Recorder and Redis are killed, and the disk is full for a while, while bars are recorded."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count

from tests.chaos.distinct_bars import distinct_bars
from tests.chaos.harness import Harness, paced, running_harness
from tests.chaos.recorded import Sent, compare
from tests.chaos.verdict import Verdict
from tests.support.history.recording import await_recording, await_stored
from tests.support.market import TODAY
from tests.support.small_disk import SmallDisk, small_disk


class Faults:
    """What a drill breaks, one thing at a time.

    Args:
        harness: with the Redis.
        disk: of the archive; None: it is never full.
        away: seconds until Redis is started again.
        full: seconds for which the disk is full.
    """

    def __init__(self, harness: Harness, disk: SmallDisk | None, away: float, full: float) -> None:
        self._harness = harness
        self._disk = disk
        self._away = away
        self._full = full
        self._recorders = self._redis = self._disks = 0
        self._start_recorder()

    def __str__(self) -> str:
        disks = f", {self._disks} disk full for {self._full:.0f} s" if self._disk else ""
        return f"{self._recorders} SIGKILLs of recorders, {self._redis} of Redis{disks}"

    @property
    def _recorder(self) -> str:
        return f"recorder{self._recorders}"

    def _start_recorder(self) -> None:
        self._harness.processes.start(self._recorder, "history", "record")

    def kill_recorder(self) -> None:
        """Kill it, and start another one in its place."""
        self._harness.processes.signal(self._recorder, signal.SIGKILL)
        self._recorders += 1
        self._start_recorder()

    def kill_redis(self) -> None:
        """Kill it, and start it again."""
        self._harness.server.kill()
        self._redis += 1
        time.sleep(self._away)
        self._harness.server.start()

    def fill_disk(self) -> None:
        """Have no room on the disk for a while."""
        if self._disk:
            self._disk.fill()
            time.sleep(self._full)
            self._disk.free()
            self._disks += 1

    def end(self) -> None:
        """Stop the recorder: it stores what it has."""
        self._harness.processes.signal(self._recorder, signal.SIGTERM)
        self._harness.processes.await_end(self._recorder)


def history(
    *,
    symbols: int = 2_000,
    rate: float = 3_000,
    seconds: float = 600,
    between: float = 8,
    away: float = 2,
    full: float = 20,
    room: int = 2_000,
) -> Verdict:
    """Kill recorder and Redis by turns while bars stream, with one full disk, and compare what is on disk.

    Args:
        symbols: of the market.
        rate: bars a second.
        seconds: for which bars stream.
        between: seconds between two faults, in the mean. A recorder that is killed leaves a lease of ten
            seconds, so some are killed while they wait for it, and others while they record.
        away: seconds until Redis is started again.
        full: seconds for which the disk is full, half-way; 0: it never is, and nothing is mounted.
        room: megabytes of the disk.
    """
    with running_harness(fast=True, symbols=symbols) as harness, ExitStack() as stack:
        folder = harness.server.folder.parent / "history"
        disk = stack.enter_context(small_disk(folder, room)) if full else None
        os.environ["HISTORY_DIR"] = str(folder)
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        faults = Faults(harness, disk, away, full)
        await_recording(harness.boards)
        harness.workers("worker0", "worker1")
        harness.processes.worker("clock", "--pool", "solo", queues="clock")
        harness.processes.beat("beat")
        bars = list(distinct_bars(round(rate * seconds), symbols=symbols))
        sent = Sent(bars)
        with Stream(sent.noted(paced(bars, rate))) as stream:
            _break(faults, between, round(seconds / between / 2), lambda: stream.is_sending)
        recovery = harness.drain(seconds=300)
        stored = _await_storing(harness)
        faults.end()
        found = compare(folder / TODAY.isoformat(), sent)
        verified = harness.processes.run("history", "verify", TODAY.isoformat(), seconds=900)
        wrong = (*found.wrong, *([verified.stderr] if verified.returncode else []))
        notes = f"{found}; all was stored {stored:.1f} s later; verify: {verified.stdout.strip()}"
        return Verdict(str(faults), len(bars), harness.reconcile(bars), recovery, notes, wrong)


def _break(faults: Faults, between: float, half: int, is_sending: Callable[[], bool]) -> None:
    """Break something every few seconds while bars are sent, the disk as the `half`-th."""
    rng = random.Random(1)
    for n in count(1):
        time.sleep(between * rng.uniform(0.2, 1.8))
        if not is_sending():
            return
        if n == half:
            faults.fill_disk()
        elif n % 3 == 0:
            faults.kill_redis()
        else:
            faults.kill_recorder()


def _await_storing(harness: Harness) -> float:
    """Wait until all is stored. Returns the seconds waited."""
    began = time.monotonic()
    await_stored(harness.boards, 120)
    return time.monotonic() - began
