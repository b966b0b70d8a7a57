"""What the tasks do, whichever library runs them."""

import os
import threading
import time
from typing import Any

from redis import Redis

from bench.peers.settings import Settings
from config.settings import settings
from leaderboard.system import System

#: Seconds that a task takes while workers are killed.
TAKES = 0.002

_local = threading.local()


def noop(event: dict[str, Any]) -> None:
    """Do nothing."""


def bar(event: dict[str, Any]) -> None:
    """Apply one bar to the boards, in a script call of its own."""
    if not hasattr(_local, "system"):
        _local.system = System.from_settings(settings())
    _local.system.process([event])


def mark(number: int) -> None:
    """Work a little, then note that this task has run; a negative number notes the process that ran it."""
    time.sleep(TAKES)
    if not hasattr(_local, "redis"):
        _local.redis = Redis.from_url(settings().redis_url)
        _local.lane = Settings.read().lane
    if number < 0:
        _local.redis.sadd(pids_key(_local.lane), os.getpid())
    else:
        _local.redis.sadd(done_key(_local.lane), number)


#: By name.
TASKS = {task.__name__: task for task in (noop, bar, mark)}


def done_key(lane: str) -> str:
    """The set of the numbers of a lane's tasks that have run."""
    return f"peers:{lane}:done"


def pids_key(lane: str) -> str:
    """The set of the processes of a lane that have run a task."""
    return f"peers:{lane}:pids"
