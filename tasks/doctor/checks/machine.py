"""This machine: packages, open files, disks, and the files that settings name."""

import os
import resource
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from redis.exceptions import RedisError

from config.heartbeat import stuck_reason
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Page, ok, unknown, warning, wrong

#: Bytes free that a disk needs at least, and times the memory of the Redis that writes to it.
LEAST_FREE = 1 << 30
TIMES_MEMORY = 2.0
#: Open files that a process may have at least.
LEAST_FILES = 1_024

_DISTRIBUTION = "live-leaderboards"


def check(deployment: Deployment) -> Iterable[Finding]:
    """Look at what needs no server."""
    yield from _check_packages(deployment.environment)
    yield judge_files(*resource.getrlimit(resource.RLIMIT_NOFILE))
    if path := deployment.settings.heartbeat_file:
        yield judge_heartbeat(path, time.time())


def check_disk(deployment: Deployment) -> Iterable[Finding]:
    """Look at the disk of the servers that run on this machine."""
    seen: set[Path] = set()
    for server in (deployment.boards, deployment.queues):
        if not server.is_local:
            continue
        client: Any = server.client
        try:
            folder = Path(client.config_get("dir")["dir"])
            memory = int(client.info("memory")["used_memory"])
        except (RedisError, LookupError):
            yield unknown(
                f"where {server.name} keeps its file: the user {server.user} may not ask", see=Page.USERS
            )
            continue
        if folder in seen:
            continue
        seen.add(folder)
        try:
            yield judge_disk(str(folder), shutil.disk_usage(folder).free, memory)
        except OSError as error:
            yield unknown(f"the disk of {server.name}, {folder}: {error}")


def _check_packages(environment: Mapping[str, str]) -> Iterator[Finding]:
    try:
        required = [Requirement(text) for text in requires(_DISTRIBUTION) or ()]
    except PackageNotFoundError:
        # As in the image, where its packages are those of the lock.
        required = []
    yield judge_packages({each: _installed(each.name) for each in required if _applies(each)})
    for extra, (module, wanted) in _EXTRAS.items():
        if any(environment.get(name) for name in wanted) and find_spec(module) is None:
            yield wrong(
                f"{' or '.join(wanted)} is set, and the package {module} is missing",
                f"pip install '{_DISTRIBUTION}[{extra}]'",
                Page.COMMANDS,
            )


#: By extra: its package, and the variables that show that it is used here.
_EXTRAS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "flower": ("flower", ("FLOWER_BASIC_AUTH", "FLOWER_ADDRESS", "FLOWER_HOSTS")),
    "massive": ("massive", ("MASSIVE_API_KEY",)),
    "alerts": ("apprise", ("ALERT_URLS",)),
}


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _applies(requirement: Requirement) -> bool:
    """Whether it is one of this machine's, and of no extra."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


# --- judgements


def judge_packages(installed: Mapping[Requirement, str | None]) -> Finding:
    """Judge installed versions, by requirement; None: missing."""
    bad = [
        f"{each.name} {found or 'is missing'} (needed: {each.specifier or 'any'})"
        for each, found in installed.items()
        if found is None or not each.specifier.contains(found, prereleases=True)
    ]
    if bad:
        return wrong(
            f"packages of other versions than this release needs: {', '.join(bad)}",
            "Install from the lock: make install, or pip install -r requirements.lock.",
            Page.COMMANDS,
        )
    return ok(
        f"{len(installed)} packages are of the versions that are needed" if installed else "packages: the image's"
    )


def judge_files(soft: int, hard: int) -> Finding:
    """Judge the limits of open files of a process."""
    if soft != resource.RLIM_INFINITY and max(soft, hard) < LEAST_FILES:
        return warning(
            f"a process may have {soft:,} open files",
            f"Raise it to {LEAST_FILES:,} or more (ulimit -n, LimitNOFILE): each client of the gateway takes one.",
            Page.CAPACITY,
        )
    return ok(f"a process may have {soft:,} open files, {hard:,} if it asks for more")


def judge_heartbeat(path: Path, now: float) -> Finding:
    """Judge the file by which a container's probe knows that a worker works; `now` in Unix seconds."""
    if not os.access(path.parent, os.W_OK):
        return wrong(
            f"HEARTBEAT_FILE: {path.parent} is no folder that this user may write to",
            "Name a file in a folder that workers may write to, such as /tmp.",
            Page.SETTINGS,
        )
    if reason := stuck_reason(path, now):
        return warning(
            f"HEARTBEAT_FILE: {reason}", "See the worker's log. Fine where no worker runs.", Page.SETTINGS
        )
    return ok("the heartbeat's file is fresh")


def judge_disk(folder: str, free: int, memory: int) -> Finding:
    """Judge the space of the disk that a Redis writes to.

    Args:
        folder: where it does.
        free: bytes of the disk.
        memory: bytes that the server holds, about the size of its file once rewritten.
    """
    says = f"{free / 2**30:.1f} GB are free in {folder}"
    do = "Make room: if the append-only file cannot be written, Redis refuses all writes."
    if free < memory:
        return wrong(f"{says}, too little to rewrite the append-only file", do, Page.CAPACITY)
    if free < max(LEAST_FREE, TIMES_MEMORY * memory):
        return warning(says, do, Page.CAPACITY)
    return ok(says)
