"""Describes the machine and the server on which figures were measured."""

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from redis import Redis

_PACKAGES = {"celery": "celery", "kombu": "kombu", "redis-py": "redis", "hiredis": "hiredis", "msgspec": "msgspec"}


def facts(redis: Redis) -> dict[str, str]:
    """The machine, the server, and the versions of the packages that matter."""
    info = redis.info()
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{len(os.sched_getaffinity(0))} cores, {_processor()}, {platform.machine()}",
        "load before": f"{os.getloadavg()[0]:.1f} processes on average, of a minute",
        "python": sys.version.split()[0],
        "server": f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}",
        "persistence": _persistence(redis),
        **{name: version(package) for name, package in _PACKAGES.items()},
    }


def cpu(redis: Redis) -> float:
    """Seconds of CPU that the server itself has used."""
    used = redis.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


def peak(pid: int | None = None) -> int:
    """The most memory that a process has had, in bytes; None: this one."""
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def forget_peak() -> int:
    """Have this process's peak count from now on. Returns the memory that it has now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "processor unknown"


def _persistence(redis: Redis) -> str:
    options = ("appendonly", "appendfsync", "auto-aof-rewrite-percentage", "auto-aof-rewrite-min-size", "save")
    return ", ".join(f"{name} {redis.config_get(name)[name] or 'never'}" for name in options)
