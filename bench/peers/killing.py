"""Counts the tasks that a library loses when its workers are killed."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from bench.peers.lane import TIMEOUT, Lane
from bench.peers.peer import Peer

#: Seconds after which the tasks of a lost worker are redelivered, in every library.
REDELIVERED_AFTER = 5
#: Tasks that are sent before each kill, and of these those that have run by then.
PER_KILL, RUN_BEFORE = 1_000, 300
#: Seconds without progress after which tasks count as lost. Whatever the timeout, some libraries look for tasks of
#: lost workers once a minute.
STALLED = 90.0


@dataclass(frozen=True)
class Lost:
    """What became of the tasks of a library in one setting.

    Attributes:
        peer: whose.
        safe: whether it is set as its documentation says that no task is lost.
        sent: tasks.
        lost: of these, tasks that never ran to their end.
        seconds: from the last kill to the last of the others.
    """

    peer: Peer
    safe: bool
    sent: int
    lost: int
    seconds: float

    @property
    def setting(self) -> str:
        """What it was set to."""
        return str(self.peer.safest) if self.safe else "default"


def kill_all(lanes: Sequence[Lane], kills: int) -> list[Lost]:
    """Kill and restart the workers of all lanes at the same time, and wait until each has run all of its tasks, or
    has long made no progress.

    Args:
        lanes: which.
        kills: of each lane's workers.

    Raises:
        RuntimeError: a library ended by itself.
    """
    with ThreadPoolExecutor(len(lanes)) as pool:
        try:
            return list(pool.map(partial(_kill, kills=kills), lanes))
        except BaseException:
            # The pool waits for its threads, which only then come to their ends.
            for lane in lanes:
                lane.end()
            raise


def _kill(lane: Lane, kills: int) -> Lost:
    """Kill and restart a lane's workers while they run tasks, and wait for the tasks that are left."""
    lane.await_up()
    for n in range(kills):
        before = lane.done()
        # Before they run: some libraries send no faster than they run.
        with lane.frozen():
            lane.send(lane.peer.ways[0], "mark", n * PER_KILL, PER_KILL)
        _await_done(lane, before + RUN_BEFORE, TIMEOUT, partial(time.sleep, 0.002))
        lane.kill()
        killed = time.monotonic()
        lane.start()
        lane.await_up()
    sent = kills * PER_KILL
    done, last = _await_done(lane, sent, STALLED, partial(_probe, lane))
    return Lost(lane.peer, lane.safe, sent, sent - done, max(0.0, last - killed))


def _probe(lane: Lane) -> None:
    """Wait, and have a task come: some libraries look for lost ones only then."""
    time.sleep(0.5)
    lane.probe(1)


def _await_done(lane: Lane, count: int, timeout: float, between: Callable[[], None]) -> tuple[int, float]:
    """Wait until so many tasks have run, or none in so many seconds. Returns how many have, and since when.

    Raises:
        RuntimeError: a worker ended.
    """
    done, changed = lane.done(), time.monotonic()
    while done < count and time.monotonic() - changed < timeout:
        lane.check_alive()
        between()
        if (now := lane.done()) != done:
            done, changed = now, time.monotonic()
    return done, changed
