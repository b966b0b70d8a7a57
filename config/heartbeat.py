"""A worker's sign of life: a file whose age says whether it still does its work.

``python -m config.heartbeat`` is the probe for containers: exit code 0 while the file that ``HEARTBEAT_FILE``
names is fresh, else 1 and the reason. It imports nothing but Python itself, for it runs every few seconds.
"""

import os
import sys
import time
from pathlib import Path

#: Seconds between two beats, and from which on a worker is taken for stuck: longer than an attempt that waits in
#: vain for a server.
INTERVAL = 2.0
STUCK = 30.0

_VARIABLE = "HEARTBEAT_FILE"


def fault(path: Path, now: float) -> str | None:
    """What is wrong with the worker whose file this is; None where nothing is.

    Args:
        now: Unix time, seconds.
    """
    try:
        age = now - path.stat().st_mtime
    except FileNotFoundError:
        return f"{path} is not there: no worker has come to work"
    return None if age <= STUCK else f"{path} is {age:.0f} s old: for so long bars wait and the worker takes none"


def main() -> int:
    if not (path := os.environ.get(_VARIABLE)):
        print(f"{_VARIABLE} is not set, for the worker as for this probe", file=sys.stderr)
        return 1
    if reason := fault(Path(path), time.time()):
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
