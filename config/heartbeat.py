"""The probe of a heartbeat: a file whose age says whether a worker, the recorder or the notifier still works.

``python -m config.heartbeat`` ends with 0 while the file that ``HEARTBEAT_FILE`` names is fresh, otherwise with 1
and the reason. It imports only the standard library, as containers run it every few seconds.
"""

import os
import sys
import time
from pathlib import Path

#: Seconds between two beats, and after which a process counts as stuck: longer than an attempt that times out.
INTERVAL = 2.0
STUCK = 30.0

_VARIABLE = "HEARTBEAT_FILE"


def stuck_reason(path: Path, now: float) -> str | None:
    """Why the process whose file this is counts as stuck; None if it does not.

    Args:
        now: Unix time, seconds.
    """
    try:
        age = now - path.stat().st_mtime
    except FileNotFoundError:
        return f"{path} is not there: its process has not come to work"
    return None if age <= STUCK else f"{path} is {age:.0f} s old: for so long its process has not come to work"


def main() -> int:
    if not (path := os.environ.get(_VARIABLE)):
        print(f"{_VARIABLE} is not set, for the process as for this probe", file=sys.stderr)
        return 1
    if reason := stuck_reason(Path(path), time.time()):
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
