"""A copy of the system's code in which more fields and boards are declared, to run processes from."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.checkout import CHECKOUT

_PACKAGES = ("config", "feeds", "leaderboard", "tasks", "watch")

_APPLY = """
import json
import time
from config.settings import settings
from leaderboard.system import System

system = System.from_settings(settings().model_copy(update={update}))
for bar in json.loads({bars!r}):
    assert system.process([bar]).applied == 1
while (result := system.publish().result) == "taken":
    time.sleep(0.05)
assert result == "published"
"""


class ChangedCopy:
    """The copy.

    Args:
        folder: where to put it; it must not exist.
        fields: lines to add at the end of the table of fields.
        boards: lines to add at the end of the table of boards.

    Attributes:
        environment: has a process that tests start take its code from the copy.
    """

    def __init__(self, folder: Path, *, fields: Sequence[str], boards: Sequence[str]) -> None:
        self._folder = folder
        for package in _PACKAGES:
            shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        self._declare("fields", fields)
        self._declare("boards", boards)
        # Without the current folder, which would come first.
        self.environment = {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}

    def apply(self, *bars: dict[str, Any], **settings: int) -> None:
        """Have a process of the copy apply bars one by one, and publish the boards.

        Args:
            bars: the bars.
            settings: settings of that process that differ from the others'.
        """
        script = _APPLY.format(bars=json.dumps(bars), update=settings)
        subprocess.run([sys.executable, "-c", script], cwd=self._folder, timeout=60, check=True)

    def _declare(self, table: str, lines: Sequence[str]) -> None:
        module = self._folder / "leaderboard" / f"{table}.py"
        before, start, rest = module.read_text().partition(f"\n{table.upper()} = (\n")
        entries, end, after = rest.partition("\n)\n")
        module.write_text("\n    ".join([before + start + entries, *lines]) + end + after)
