"""What is looked at while everything runs."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import psutil
from redis import Redis

from config.celery import AGGS
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import BOARDS

#: Seconds between two looks.
EVERY = 5.0
#: Looks between two counts of keys, each of which goes through all of them.
COUNTS = 12

_MB = 1e6


class Sample(msgspec.Struct):
    """One look. Sizes are in MB.

    Attributes:
        at: seconds since the first bar.
        memory: resident, of each process.
        redis: what the data takes in Redis, as it says.
        file: its append-only file.
        queued, unacked: messages in the queue, and in workers' hands.
        keys: how many of each family; at every :data:`COUNTS`-th look only.
    """

    at: float
    memory: dict[str, float]
    redis: float
    file: float
    queued: int
    unacked: int
    keys: dict[str, int] | None


class Publication(msgspec.Struct):
    """A snapshot that came.

    Attributes:
        at: when, Unix seconds.
        slot: the second that it is of, as its publisher counts.
    """

    at: float
    slot: int


class Looks:
    """Looks at processes and Redis again and again.

    Args:
        server: the Redis of boards and queues.
        pids: of the processes, by the names that they are to go by.
    """

    def __init__(self, server: RedisServer, pids: Mapping[str, int]) -> None:
        self._folder = server.folder
        self._boards = Redis.from_url(server.url(0))
        self._broker = Redis.from_url(server.url(1))
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._processes["Redis"] = psutil.Process(self._boards.info("server")["process_id"])
        self.samples: list[Sample] = []

    def look(self, at: float) -> None:
        """Take a sample.

        Raises:
            RuntimeError: a process is gone.
        """
        memory = {name: _memory(name, process) for name, process in self._processes.items()}
        self.samples.append(
            Sample(
                at,
                memory,
                self._boards.info("memory")["used_memory"] / _MB,
                sum(_size(file) for file in self._folder.rglob("*") if ".aof" in file.name) / _MB,
                int(self._broker.llen(AGGS)),
                int(self._broker.hlen("unacked")),
                self._count() if len(self.samples) % COUNTS == 0 else None,
            )
        )

    def _count(self) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for name, redis in (("", self._boards), ("broker: ", self._broker)):
            counts.update(name + _family(key.decode()) for key in redis.scan_iter(count=2_000))
        counts["members of boards"] = sum(self._boards.zcard(board.key) for board in BOARDS)
        for what, key in (("records", keys.RECORDS), ("versions", keys.REFERENCE_VERSIONS)):
            counts[what] = self._boards.hlen(key)
        counts["dead letters"] = self._boards.xlen(keys.DEAD)
        return dict(counts)


def _memory(name: str, process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / _MB
    except psutil.NoSuchProcess:
        raise RuntimeError(f"{name} is gone") from None


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        # Rewritten meanwhile.
        return 0


def _family(key: str) -> str:
    """A key's name without what it is about."""
    first, *rest = key.split(":")
    if first in ("quote", "symbol"):
        return first
    if first == "reference" and len(rest) > 1:
        return f"{first}:*:{rest[1]}"
    # A queue of replies of each process that asked workers something.
    return "*.reply.celery.pidbox" if "reply.celery.pidbox" in key else key


class Publications(threading.Thread):
    """Notes when snapshots come, and which.

    Args:
        server: the Redis of the boards.
    """

    def __init__(self, server: RedisServer) -> None:
        super().__init__(daemon=True)
        redis: Any = Redis.from_url(server.url(0))
        self._redis, self._channel = redis, redis.pubsub()
        self._channel.subscribe(BOARDS[0].scanner)
        self._over = threading.Event()
        self.noted: list[Publication] = []

    def run(self) -> None:
        while not self._over.is_set():
            message = self._channel.get_message(ignore_subscribe_messages=True, timeout=0.2)
            if message:
                at = time.time()
                self.noted.append(Publication(at, int(self._redis.hget(keys.SNAPSHOT, "slot") or 0)))

    def end(self) -> None:
        self._over.set()
        self.join()
