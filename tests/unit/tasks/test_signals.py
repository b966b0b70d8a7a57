"""What a worker's process does when it starts."""

import ctypes
import subprocess
import sys

import pytest

# Prints how many pages were fetched anew while megabytes were allocated and freed again and again.
PROGRAM = """
import resource
from tasks.signals import keep_freed_memory
keep_freed_memory()
bytearray(8_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    bytes(bytearray(8_000_000))
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_workers_of_bars_do_not_load_what_only_the_screens_need() -> None:
    program = "import sys, tasks; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "False\n"


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc has mallopt")
def test_freed_memory_is_reused() -> None:
    # When a worker's process allocates and frees megabytes, batch after batch
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)

    # Then most of it is memory that it had before: each round would take 3,900 new pages
    assert int(done.stdout) < 3 * 3_900
