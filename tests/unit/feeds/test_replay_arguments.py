"""What `feeds replay` is asked for: files, or a recorded day."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from feeds.__main__ import app


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name either files, or a recorded day by --history DAY"),
        (["--history", "2026-11-20", __file__], "name either files, or a recorded day by --history DAY"),
        (["--history", "2026-11-20", "--bar-seconds", "1"], "these are of files"),
        ([__file__, "--from", "09:30"], "these are of a recorded day"),
        (["--history", "yesterday"], "'yesterday': a date as YYYY-MM-DD is expected"),
        (["--history", "2026-11-20", "--to", "noon"], "'noon' is no time of day as HH:MM or HH:MM:SS"),
        (["--history", "2026-11-20", "--from", "10:00", "--to", "09:30"], "the first has to be before the second"),
        (["--history", "2026-11-20", "--to", "09:30Z"], "'09:30Z' is no time of day as HH:MM or HH:MM:SS"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["replay", *arguments], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == 2
    assert said in result.output


def test_a_day_that_is_not_recorded_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("history.recorded_days.settings", lambda: Settings(history_dir=tmp_path))
    result = CliRunner().invoke(app, ["replay", "--history", "2026-11-20"])
    assert str(result.exception) == f"Nothing is recorded of 2026-11-20. No day is recorded in {tmp_path}."
