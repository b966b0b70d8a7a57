"""What operators type to learn reference data ahead of the bars."""

from pathlib import Path

from redis import Redis

from leaderboard import keys
from tests.support.market import TODAY
from tests.support.processes import Processes


def test_operators_warm_by_a_command(redis: Redis, processes: Processes, tmp_path: Path) -> None:
    # Given a file that has learned of a symbol after it was asked for
    path = tmp_path / "reference.csv"
    path.write_text("symbol,prev_day_close\nA,5\n")
    environment = {"REFERENCE_FILE": str(path)}
    redis.set(keys.previous_day("B", TODAY), "null", ex=600)
    first = processes.run("tasks", "warm", environment=environment)
    path.write_text("symbol,prev_day_close\nA,5\nB,6\n")

    # When it is read again at once
    second = processes.run("tasks", "warm", environment=environment)

    # Then the command says how many symbols changed; without a source it says what is missing
    assert (first.stdout, second.stdout) == (
        "The reference data of 1 symbols changed.\n",
        "The reference data of 1 symbols changed.\n",
    )
    without = processes.run("tasks", "warm")
    assert without.returncode == 1
    assert without.stderr == (
        "Nothing was read: this process has no source to ask. Set REFERENCE_FILE or MASSIVE_API_KEY.\n"
    )
