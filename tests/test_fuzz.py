"""A short run of the fuzzer; ``python -m tests.fuzz --minutes N`` is a long one."""

import pytest

from tests.processes import Processes


@pytest.mark.parametrize("lane", [[], ["--stock"]], ids=["fast", "stock"])
def test_a_short_run_finds_nothing(processes: Processes, lane: list[str]) -> None:
    ended = processes.run("tests.fuzz", "--minutes", "0.05", "--seed", "1", *lane)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 failures" in ended.stdout
