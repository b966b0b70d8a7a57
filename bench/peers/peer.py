"""The libraries that are compared."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.peers.environments import Environment
from config.celery import AGGS

#: Processes that run tasks, in each library.
PROCESSES = 2

_COMMON = Environment("common")
_PLUS = Environment("celery-redis-plus", python="3.13")


@dataclass(frozen=True)
class Peer:
    """A library, and how its workers are started.

    Attributes:
        name: in the tables.
        packages: whose versions are told.
        app: module with its tasks.
        ways: of sending, as in the module's ``SENDERS``.
        commands: arguments of ``python -m`` for each worker; together they have :data:`PROCESSES` processes that
            run tasks.
        left: tasks that are queued or in flight, as far as Redis holds them.
        environment: None: the project's own.
        settings: more variables of its processes.
        ours: whether it is this project's.
        safest: what its documentation says against lost tasks; None: it has no such setting, or needs none.
    """

    name: str
    packages: tuple[str, ...]
    app: str
    ways: tuple[str, ...]
    commands: Sequence[Sequence[str]]
    left: Callable[[Any], int]
    environment: Environment | None = None
    settings: dict[str, str] = field(default_factory=dict)
    ours: bool = False
    safest: str | None = None


def _celery(app: str, queue: str, *options: str) -> list[str]:
    # What workers say to each other would count as work of theirs.
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return ["celery", "-A", app, "worker", "-Q", queue, *quiet, *options]


def _kombu_left(queue: str) -> Callable[[Any], int]:
    return lambda redis: redis.llen(queue) + redis.hlen("unacked")


def _taskiq_left(redis: Any) -> int:
    if not redis.exists("taskiq"):
        return 0
    # A stream keeps what was acknowledged.
    (group,) = redis.xinfo_groups("taskiq")
    unread = redis.xrange("taskiq", b"(" + group["last-delivered-id"], "+", count=1)
    return int(group["pending"]) + len(unread)


def _app(name: str) -> str:
    return f"bench.peers.apps.{name}_app"


_STOCK = _celery(_app("celery"), "celery", "--pool", "prefork", "--concurrency", str(PROCESSES))

PEERS = (
    Peer(
        "fast lane",
        ("celery", "kombu"),
        _app("fast_lane"),
        ("delay_many", "delay"),
        [_celery(_app("fast_lane"), AGGS, "--pool", "solo", "-n", f"{n}@peers") for n in range(PROCESSES)],
        _kombu_left(AGGS),
        settings={"FAST_LANE": "1", "QUEUE_TASKS": "noop,mark"},
        ours=True,
    ),
    Peer(
        "stock Celery",
        ("celery", "kombu"),
        _app("celery"),
        ("delay", "Producer.batch"),
        [_STOCK],
        _kombu_left("celery"),
        safest="acks_late, reject_on_worker_lost",
    ),
    Peer(
        "celery-redis-plus",
        ("celery-redis-plus", "celery"),
        _app("celery"),
        ("delay",),
        [_STOCK],
        lambda redis: redis.zcard("messages_index:celery"),
        environment=_PLUS,
        safest="acks_late, reject_on_worker_lost",
    ),
    Peer(
        "dramatiq",
        ("dramatiq",),
        _app("dramatiq"),
        ("send",),
        [["dramatiq", _app("dramatiq"), "--processes", str(PROCESSES), "--threads", "1"]],
        lambda redis: redis.hlen("dramatiq:default.msgs"),
        environment=_COMMON,
        safest="maintenance at each command",
    ),
    Peer(
        "taskiq",
        ("taskiq", "taskiq-redis"),
        _app("taskiq"),
        ("kiq",),
        [
            [
                *("taskiq", "worker", f"{_app('taskiq')}:broker", "--workers", str(PROCESSES)),
                *("--log-level", "WARNING"),
            ]
        ],
        _taskiq_left,
        environment=_COMMON,
        safest="a lock that expires, the stream from its beginning",
    ),
    Peer(
        "arq",
        ("arq",),
        _app("arq"),
        ("enqueue_job",),
        [["arq", f"{_app('arq')}.WorkerSettings"]] * PROCESSES,
        lambda redis: redis.zcard("arq:queue"),
        environment=_COMMON,
    ),
    Peer(
        "huey",
        ("huey",),
        _app("huey"),
        ("call",),
        [
            [
                *("huey.bin.huey_consumer", f"{_app('huey')}.huey", "--quiet"),
                *("--workers", str(PROCESSES), "--worker-type", "process"),
            ]
        ],
        lambda redis: redis.llen("huey.redis.peers"),
        environment=_COMMON,
    ),
)


def versions(peer: Peer) -> str:
    """The versions of a library's packages in the environment that it runs in."""
    python = peer.environment.executable if peer.environment else sys.executable
    code = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    command = [python, "-c", code, *peer.packages]
    found = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    return ", ".join(f"{name} {of}" for name, of in zip(peer.packages, found, strict=True))
