"""Exports are the archive's rows, sorted, in a file of their own."""

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from config.settings import Settings
from history.__main__ import app
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.market import at


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A day with bars of two symbols, in this deployment's folder of history."""
    folder = tmp_path / "history"
    recorded(folder, batch(2, ("B", "09:31:00"), ("A", "09:31:00")))
    recorded(folder, batch(3, ("A", "09:30:00")))
    monkeypatch.setattr("history.recorded_days.settings", lambda: Settings(history_dir=folder))
    return folder


@pytest.mark.parametrize("name", ["bars.csv", "it's.parquet"])
def test_a_table_is_exported(tmp_path: Path, history: Path, name: str) -> None:
    # When a day's bars are exported
    out = tmp_path / name
    result = CliRunner().invoke(app, ["export", "2026-11-20", str(out)])
    # Then the file has them by symbol and time, and there is nothing beside it
    assert result.output == f"3 rows of bars in {out}.\n"
    read = "read_parquet" if out.suffix == ".parquet" else "read_csv"
    rows = duckdb.connect().execute(f"SELECT symbol, start_timestamp FROM {read}(?)", [str(out)]).fetchall()
    assert rows == [("A", at("09:30:00")), ("A", at("09:31:00")), ("B", at("09:31:00"))]
    assert {path.name for path in tmp_path.iterdir()} == {"history", name}


def test_one_symbol_is_exported(tmp_path: Path, history: Path) -> None:
    out = tmp_path / "A"
    arguments = ["export", "2026-11-20", str(out), "--format", "csv", "--symbol", "A"]
    assert CliRunner().invoke(app, arguments).output == f"2 rows of bars in {out}.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["2026-11-19", "out"],
            "Nothing is recorded of 2026-11-19. The recorded days are 2026-11-20 to 2026-11-20",
        ),
        (["yesterday", "out"], "'yesterday': a date as YYYY-MM-DD is expected"),
        (["2026-11-20", "out", "--table", "trades"], "'trades' is none of bars, "),
        (["2026-11-20", "out", "--table", "ticks", "--symbol", "A"], "the table ticks has no symbols"),
        (["2026-11-20", "nowhere/out"], "nowhere is no folder"),
    ],
)
def test_what_cannot_be_exported(history: Path, arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["export", *arguments], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code
    assert said in (result.output + str(result.exception)).replace("\n", " ")
