"""Which code this process runs, in a few letters: releases of the same version may differ."""

from functools import cache
from hashlib import sha256
from pathlib import Path

#: The rooms that a worker runs.
_ROOMS = ("config", "leaderboard", "tasks")
_KINDS = (".py", ".lua")


@cache
def code_version() -> str:
    """A digest of the code, the same wherever the same code is installed.

    It is that of the files on disk at the first call: a process calls it when it starts, before they can be
    replaced.
    """
    root = Path(__file__).parent.parent
    digest = sha256()
    for file in sorted(each for room in _ROOMS for each in (root / room).rglob("*") if each.suffix in _KINDS):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
