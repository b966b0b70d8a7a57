"""A short run of the fuzzer; ``python -m tests.fuzz --minutes N`` is a long one."""

from tests.processes import Processes


def test_a_short_run_finds_nothing(processes: Processes) -> None:
    ended = processes.run("tests.fuzz", "--minutes", "0.05", "--seed", "1")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 failures" in ended.stdout
