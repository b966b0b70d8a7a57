"""A copy of the system's code with lines added to it, to run processes from."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.checkout import CHECKOUT

_PACKAGES = ("config", "feeds", "leaderboard", "tasks", "watch")


class ChangedCopy:
    """The copy.

    Args:
        folder: where to put it; it must not exist.
        additions: by path of a file and a line in it: the line to add below that one.

    Attributes:
        environment: has a process that tests start take its code from the copy.
    """

    def __init__(self, folder: Path, additions: Mapping[tuple[str, str], str]) -> None:
        self._folder = folder
        for package in _PACKAGES:
            shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        for (path, below), line in additions.items():
            changed = folder / path
            before, found, after = changed.read_text().partition(f"{below}\n")
            assert found, f"{path} has no line {below!r}"
            changed.write_text(f"{before}{found}{line}\n{after}")
        # Without the current folder, which would come first.
        self.environment = {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}

    def run(self, script: str) -> None:
        """Run a script with the copy's code."""
        subprocess.run([sys.executable, "-c", script], cwd=self._folder, timeout=60, check=True)
