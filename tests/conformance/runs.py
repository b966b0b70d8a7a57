"""Runs of kombu's tests, each a pytest process with a Redis of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.redis_server import RedisServer
from tests.support.checkout import CHECKOUT

#: Parts of kombu's suite that exercise its Redis transport, and among how many processes the tests of each are
#: shared out. The first works on mocks and must be alone, for it replaces kombu's poll; the second mostly waits.
SUITE = {
    ("t/unit/transport/test_redis.py",): 1,
    ("t/integration/test_redis.py", "t/integration/test_redis_brpop_qos.py"): 4,
}
#: Seconds that one test may take.
TIMEOUT = 60


class Outcome(NamedTuple):
    """How a test ended: passed, failed or skipped; and where and with what it failed."""

    result: str
    why: str


class Run(NamedTuple):
    """A process to be started.

    Attributes:
        transport: the module whose classes are tested.
        tests: files or tests' ids.
        share: N/OF, which of these tests.
    """

    transport: str
    tests: Iterable[str]
    share: str = "0/1"


def whole_suite(transport: str) -> list[Run]:
    """The runs that together make every test once."""
    return [Run(transport, tests, f"{each}/{of}") for tests, of in SUITE.items() for each in range(of)]


def outcomes(kombu: Path, runs: list[Run]) -> list[dict[str, Outcome]]:
    """Do all runs at once.

    Args:
        kombu: where kombu's tests are.
        runs: what to run.

    Returns:
        for each run, its tests' outcomes by id.

    Raises:
        RuntimeError: a run did not come to its end; the text holds its output.
    """
    with ExitStack() as stack, ThreadPoolExecutor(len(runs)) as pool:
        servers = []
        for _ in runs:
            # One after the other, for a port is free only until it is taken.
            server = RedisServer(Path(tempfile.mkdtemp(dir=kombu)), None, "--appendonly", "no").start()
            stack.callback(server.stop)
            servers.append(server)
        return list(pool.map(_outcomes, [kombu] * len(runs), runs, servers))


def _outcomes(kombu: Path, run: Run, server: RedisServer) -> dict[str, Outcome]:
    written = server.folder / "outcomes.json"
    options = ["-p", "no:cacheprovider", "-p", "pytest_timeout", f"--timeout={TIMEOUT}"]
    options += ["-p", "tests.conformance.plugin", f"--transport={run.transport}", f"--share={run.share}"]
    options.append(f"--outcomes={written}")
    environment = {
        "PYTHONPATH": str(CHECKOUT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "REDIS_HOST": "127.0.0.1",
        "REDIS_6379_TCP": str(server.port),
    }
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=line", *options, *run.tests],
        cwd=kombu,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or not written.exists():
        raise RuntimeError(f"pytest ended with {finished.returncode}:\n{finished.stdout[-5000:]}")
    return {test: Outcome(*outcome) for test, outcome in json.loads(written.read_text()).items()}
