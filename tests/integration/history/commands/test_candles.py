"""``python -m history candles``."""

import json
from pathlib import Path

from typer.testing import CliRunner

from history.__main__ import app
from history.errors import NothingRecordedError
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.market import TODAY, at


def test_candles_are_printed(history: Path) -> None:
    # Given a recorded day
    recorded(history, batch(1, ("A", "09:31:00"), ("A", "09:31:59"), ("A", "09:32:00")))

    # Then its candles are printed, of the last day where none is named, for people and for programs
    table = CliRunner().invoke(app, ["candles", "A"]).output
    assert "09:31:00" in table
    assert "09:32:00" in table
    answer = json.loads(CliRunner().invoke(app, ["candles", "A", "--day", f"{TODAY}", "--json"]).output)
    assert [(candle["time"], candle["volume"]) for candle in answer["candles"]] == [
        (at("09:31:00"), 200.0),
        (at("09:32:00"), 100.0),
    ]
    lines = CliRunner().invoke(app, ["candles", "A", "--interval", "15m", "--csv"]).output.splitlines()
    assert lines == [
        "time,open,high,low,close,volume,vwap,day_vwap",
        f"{at('09:30:00')},10.0,10.0,10.0,10.0,300.0,10.0,0.0",
    ]


def test_what_is_missing_is_told(history: Path) -> None:
    assert str(CliRunner().invoke(app, ["candles", "A"]).exception) == f"Nothing is recorded in {history}."
    missing = CliRunner().invoke(app, ["candles", "A", "--day", "2026-11-19"]).exception
    assert isinstance(missing, NothingRecordedError)
    assert CliRunner().invoke(app, ["candles", "A B"]).exit_code == 2
    assert CliRunner().invoke(app, ["candles", "A", "--json", "--csv"]).exit_code == 2
