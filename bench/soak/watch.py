"""Samples memory, keys and queues while everything runs."""

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
from leaderboard.market.windows import slot_of

#: Seconds between two samples.
EVERY = 5.0
#: Samples between two counts of keys. A count scans all keys.
COUNTS = 12

_MB = 1e6


class Sample(msgspec.Struct):
    """One sample. Sizes are in MB.

    Attributes:
        at: seconds since the first bar.
        memory: resident, of each process.
        redis: Redis's `used_memory`.
        file: its append-only file.
        queued, unacked: messages in the queue, and in flight.
        keys: the number of each family, in every :data:`COUNTS`-th sample only.
    """

    at: float
    memory: dict[str, float]
    redis: float
    file: float
    queued: int
    unacked: int
    keys: dict[str, int] | None


class Publication(msgspec.Struct):
    """A published snapshot.

    Attributes:
        at: its arrival, Unix seconds.
        slot: its second, by the publisher's count.
    """

    at: float
    slot: int


class Sampler:
    """Samples processes and Redis.

    Args:
        server: the Redis of boards and queues.
        pids: of the processes, by name.
    """

    def __init__(self, server: RedisServer, pids: Mapping[str, int]) -> None:
        self._folder = server.folder
        self._boards = Redis.from_url(server.url(0))
        self._broker = Redis.from_url(server.url(1))
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._processes["Redis"] = psutil.Process(self._boards.info("server")["process_id"])
        self.samples: list[Sample] = []

    def sample(self, at: float) -> None:
        """Take a sample.

        Raises:
            RuntimeError: a process has ended.
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
        raise RuntimeError(f"{name} has ended") from None


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        # Redis has rewritten it meanwhile.
        return 0


def _family(key: str) -> str:
    """A key's name without its symbol or date."""
    first, *rest = key.split(":")
    if first in ("quote", "symbol"):
        return first
    if first == "reference" and len(rest) > 1:
        return f"{first}:*:{rest[1]}"
    # Each process that inspects workers has a queue for their replies.
    return "*.reply.celery.pidbox" if "reply.celery.pidbox" in key else key


class Publications(threading.Thread):
    """Records which snapshots are published, and when.

    Args:
        url: of the boards.

    Attributes:
        noted: the snapshots.
        tried: the slots in which somebody tried to publish, if only to find that nothing had changed.
    """

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        redis: Any = Redis.from_url(url)
        self._redis, self._channel = redis, redis.pubsub()
        self._channel.subscribe(BOARDS[0].scanner)
        self._over = threading.Event()
        self.noted: list[Publication] = []
        self.tried: set[int] = set()

    def run(self) -> None:
        while not self._over.is_set():
            message = self._channel.get_message(ignore_subscribe_messages=True, timeout=0.2)
            at = time.time()
            slot, attempted_at = self._redis.hmget(keys.SNAPSHOT, "slot", "attempted_at")
            self.tried.add(slot_of(int(attempted_at or 0), 1.0))
            if message:
                self.noted.append(Publication(at, int(slot or 0)))

    def end(self) -> None:
        self._over.set()
        self.join()
