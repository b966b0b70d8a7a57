"""Running containers can do no more than they need."""

import re
import time
from collections.abc import Iterator

from tests.chaos.verdict import Verdict
from tests.containers.stack import Stack

#: Folders that no process may write to, and the only one it may.
_READ_ONLY = ("/", "/etc", "/usr", "/var/lib")
_OURS, _TMP, _DATA = ("/app", "/venv"), "/tmp", "/data"


def confined(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Ask each running container: not root, no capability, no new privileges, nothing written but where it may."""
    with stack.load(rate) as stream:
        (redis,), containers = stack.containers("redis"), stack.containers()
        broken = [
            f"{stack.name(each)}: {liberty}"
            for each in containers
            for liberty in _liberties(stack, each, is_redis=each == redis)
        ]
        time.sleep(seconds)
    notes = f"{len(containers)} containers: not root, no capability, no new privileges, read-only root"
    return stack.verdict("writing where nothing may be written", stream, "" if broken else notes, tuple(broken))


def _liberties(stack: Stack, container: str, *, is_redis: bool) -> Iterator[str]:
    """What it may do and should not, or may not and should."""
    folders = _READ_ONLY if is_redis else _READ_ONLY + _OURS
    folder = _DATA if is_redis else _TMP
    # One call for all: each takes an engine a second on a busy machine. A process may end while it is looked at.
    said = stack.shell(
        container,
        f"""
        grep -hsE '^(Uid|CapPrm|CapEff|CapBnd|NoNewPrivs):' /proc/[0-9]*/status
        for folder in {" ".join(folders)}; do touch $folder/.drill 2>&1; done
        touch {folder}/.drill && rm {folder}/.drill && echo written
        """,
    )
    yield from _privileges(said)
    for each in folders:
        if not re.search(rf"{each}/\.drill'?: Read-only file system", said):
            yield f"{each} is not read-only"
    if "written" not in said.splitlines():
        yield f"{folder} cannot be written to"


def _privileges(said: str) -> Iterator[str]:
    """What its processes are allowed and should not be."""
    status = [(name, values.split()) for name, values in re.findall(r"^(\w+):\t(.*)$", said, re.MULTILINE)]
    if not status:
        yield "no process is to be seen"
    for name, values in status:
        if name == "Uid" and "0" in values:
            yield "a process is root"
        elif name.startswith("Cap") and int(values[0], 16):
            yield f"a process has {name} {values[0]}"
        elif name == "NoNewPrivs" and values != ["1"]:
            yield "a process can gain privileges"
