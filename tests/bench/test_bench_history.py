"""The benchmarks of history, in their shortest forms."""

from pathlib import Path

from tests.support.processes import Processes


def test_writers_are_compared(tmp_path: Path) -> None:
    # When the bars of a small market are written
    options = ("--symbols", "300", "--rate", "100", "--seconds", "20")
    run = Processes(tmp_path).run("bench.history.writers", *options)

    # Then what is installed has its figures, and what is not is named
    assert run.returncode == 0, run.stdout + run.stderr
    assert "duckdb" in run.stdout
    for name in ("pyarrow", "polars"):
        assert name in run.stdout
    assert "one file, bytes a bar" in run.stdout


def test_history_is_measured(tmp_path: Path) -> None:
    # When some seconds of a small market are recorded, and asked about
    options = ["--symbols", "300", "--rate", "100", "--rounds", "1", "--paced", "2", "--recorded", "10"]
    run = Processes(tmp_path).run("bench.history", *options, "--copies", "2", "--questions", "2")

    # Then each part has its figures
    assert run.returncode == 0, run.stdout + run.stderr
    for figure in ("batches of 500, somebody records", "batches of 50, written", "all tables"):
        assert f" {figure} " in run.stdout
    assert "Verifying 10 ticks" in run.stdout
    for question in ("a board at a random second", "candles of a random symbol"):
        assert f" {question}, cold " in run.stdout
        assert f" {question}, warm: CPU " in run.stdout
