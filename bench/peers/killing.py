"""Counts the tasks that a library loses when its workers are killed."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from bench.peers.lane import TIMEOUT, Lane

#: Seconds after which the tasks of a lost worker are redelivered, in every library.
REDELIVERED_AFTER = 5
#: Tasks that are sent before each kill, and of these those that have run by then.
PER_KILL, RUN_BEFORE = 1_000, 300
#: Seconds without progress after which tasks count as lost: arq adds ten to the timeout.
PATIENCE = 70.0


@dataclass(frozen=True)
class Lost:
    """What became of a lane's tasks.

    Attributes:
        lane: whose.
        sent: tasks.
        lost: of these, tasks that never ran to their end.
        seconds: from the last kill to the last of the others.
    """

    lane: Lane
    sent: int
    lost: int
    seconds: float


def kill_all(lanes: Sequence[Lane], kills: int) -> list[Lost]:
    """Kill and restart the workers of all lanes at the same time, and wait until each has run all of its tasks, or
    has long made no progress.

    Args:
        lanes: which.
        kills: of each lane's workers.
    """
    with ThreadPoolExecutor(len(lanes)) as pool:
        killed = list(pool.map(partial(_kill, kills=kills), lanes))
    return _await_all(list(zip(lanes, killed, strict=True)), kills * PER_KILL)


def _kill(lane: Lane, kills: int) -> float:
    """Kill and restart a lane's workers while they run tasks. Returns the time of the last kill."""
    lane.await_up()
    for n in range(kills):
        before = lane.done()
        # Before they run: some libraries send no faster than they run.
        with lane.frozen():
            lane.send(lane.peer.ways[0], "mark", n * PER_KILL, PER_KILL)
        _await_done(lane, before + RUN_BEFORE)
        lane.kill()
        killed = time.monotonic()
        lane.start()
        lane.await_up()
    return killed


def _await_done(lane: Lane, count: int) -> None:
    last, changed = -1, time.monotonic()
    while (done := lane.done()) < count and time.monotonic() - changed < TIMEOUT:
        if done != last:
            last, changed = done, time.monotonic()
        time.sleep(0.002)


def _await_all(killed: Sequence[tuple[Lane, float]], tasks: int) -> list[Lost]:
    changed = {lane.name: (lane.done(), time.monotonic()) for lane, _ in killed}
    waiting = [lane for lane, _ in killed]
    while waiting:
        for lane in waiting:
            done, at = changed[lane.name]
            if (now := lane.done()) != done:
                changed[lane.name] = now, time.monotonic()
            # Some libraries look for lost tasks only where others come.
            lane.probe(1)
        waiting = [lane for lane in waiting if not _is_over(*changed[lane.name], tasks)]
        time.sleep(0.5)
    results = []
    for lane, at in killed:
        done, last = changed[lane.name]
        results.append(Lost(lane, tasks, tasks - done, max(0.0, last - at)))
    return results


def _is_over(done: int, at: float, tasks: int) -> bool:
    return done >= tasks or time.monotonic() - at > PATIENCE
