"""``python -m history profile`` from files to Redis."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis
from typer.testing import CliRunner

from config.settings import Settings
from deploy.redis_server import free_port
from history.__main__ import app
from leaderboard.reference import PreviousDay, Reference, VolumeProfile
from leaderboard.reference.redis_reference import RedisReference
from leaderboard.sessions import next_trading_day
from leaderboard.system import System
from tests.support.feeds.flat_files import line, written
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.market import TODAY, at, bar


def volume_profile(redis: Redis, symbol: str) -> VolumeProfile:
    (stored,) = RedisReference(redis).load(TODAY, [symbol])
    return stored.reference.volume_profile


def test_profiles_are_stored_as_reference_data(tmp_path: Path, redis: Redis, system: System) -> None:
    # Given a market in which A trades, with the previous close that a source brought
    system.reference.learn(TODAY, {"A": Reference(PreviousDay(close=8.0))})
    system.process([bar("A", "09:31:00")])
    path = written(
        tmp_path, line("A", at("09:30:00"), 100), line("A", at("09:34:00"), 50), line("B", at("10:00:00"))
    )
    # When profiles are made of a file, twice
    first, second = (CliRunner().invoke(app, ["profile", str(path)]) for _ in range(2))
    # Then it says of what, and what changed
    assert first.output.splitlines() == [
        "1 day from 2026-11-20 to 2026-11-20, 3 rows.",
        "2 symbols, sessions of each: 1.",
        "Stored the profiles of 2 symbols, 2 of which changed.",
    ]
    assert second.output.splitlines()[-1] == "Stored the profiles of 2 symbols, 0 of which changed."
    # And they are in Redis, beside what was there
    profile = volume_profile(redis, "A")
    assert (profile.sessions, profile.expected((5 * 60 + 35) * 60_000)) == (1, 150.0)
    assert volume_profile(redis, "B").sessions == 1
    assert RedisReference(redis).load(TODAY, ["A"])[0].reference.previous.close == 8.0


def test_profiles_of_recorded_days(
    tmp_path: Path, redis: Redis, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a recorded day, and boards that show the next one
    recorded(tmp_path, batch(2, ("A", "09:31:00"), ("B", "09:32:00")))
    system.process([bar("A", "09:31:00", next_trading_day(TODAY))])
    monkeypatch.setattr("history.recorded_days.settings", lambda: Settings(history_dir=tmp_path))
    # When profiles are made of history
    result = CliRunner().invoke(app, ["profile", "--from-history"])
    # Then they are stored as those of files are
    assert result.output.splitlines() == [
        "1 day from 2026-11-20 to 2026-11-20, 2 rows.",
        "2 symbols, sessions of each: 1.",
        "Stored the profiles of 2 symbols, 2 of which changed.",
    ]
    assert volume_profile(redis, "A").sessions == 1
    # And without a day before it says so
    (tmp_path / f"{TODAY}").rename(tmp_path / "elsewhere")
    result = CliRunner().invoke(app, ["profile", "--from-history"])
    assert str(result.exception) == "There is no day to make profiles of: none before 2026-11-23 is recorded."


def test_files_and_history_exclude_each_other() -> None:
    result = CliRunner().invoke(app, ["profile", "--from-history", __file__], env={"COLUMNS": "200"})
    assert "name either files, or --from-history" in result.output


def test_nothing_is_stored_unless_all_files_could_be_read(tmp_path: Path, redis: Redis) -> None:
    # Given a valid file, and one with a line that is not valid
    valid = written(tmp_path, line("A", at("09:30:00")), name="1.csv")
    invalid = written(tmp_path, line("B", at("09:30:00")), line("B", at("09:31:00"), "many"), name="2.csv")
    # When profiles are made of both
    result = CliRunner().invoke(app, ["profile", str(valid), str(invalid)])
    # Then the line is named, and Redis has no profile
    assert str(result.exception) == f"{invalid}, line 3: column 'volume' holds 'many', no number of 0 or more."
    assert not redis.keys("reference:*")


@pytest.mark.slow
def test_an_error_is_a_sentence(tmp_path: Path, redis_url: str) -> None:
    # Given a file that lacks columns
    path = written(tmp_path, header="ticker")
    # When profiles are made of it
    run = _profile(path, REDIS_URL=redis_url)
    output, errors = run.communicate()
    # Then what it says is one sentence
    assert errors == f"{path}, line 1: there is no column 'window_start'.\n"
    assert (run.returncode, output) == (1, "")


@pytest.mark.slow
def test_the_number_of_symbols_is_bounded(tmp_path: Path, redis_url: str) -> None:
    # Given a file with more symbols than a day may have
    path = written(tmp_path, *(line(symbol, at("09:30:00")) for symbol in "ABC"))
    # When profiles are made of it
    run = _profile(path, REDIS_URL=redis_url, SYMBOLS_BOUND="2")
    # Then it says which setting says so
    assert run.communicate()[1] == "The bars have 3 symbols, more than SYMBOLS_BOUND (2).\n"


@pytest.mark.slow
def test_without_redis_it_says_so_at_once(tmp_path: Path) -> None:
    # Given no Redis
    url = f"redis://127.0.0.1:{free_port()}/0"
    path = written(tmp_path, line("A", at("09:30:00")))
    # When profiles are made
    run = _profile(path, REDIS_URL=url)
    output, errors = run.communicate()
    # Then the last line is a sentence about it
    assert errors.splitlines()[-1].startswith(f"The boards' Redis, {url}, failed: ")
    assert (run.returncode, output) == (1, "")


@pytest.mark.slow
def test_a_stopped_run_leaves_no_files(tmp_path: Path, redis_url: str) -> None:
    # Given a run with much to do, and a folder for temporary files
    start, folder = at("04:00:00"), tmp_path / "temporary"
    folder.mkdir()
    path = written(tmp_path, *(line("A", start + 1000 * second) for second in range(57_600)))
    run = _profile(*[path] * 100, TMPDIR=str(folder))
    # Its folder is made before it has promised to remove it; a file in there comes after.
    while not [*folder.glob("*/*")]:
        assert run.poll() is None
        time.sleep(0.01)
    # When it is stopped
    run.send_signal(signal.SIGTERM)
    _, errors = run.communicate(timeout=30)
    # Then the folder is empty, and it ends as after Ctrl-C
    assert not [*folder.iterdir()]
    assert (run.returncode, errors.strip()) == (130, "")


def _profile(*paths: Path, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "history", "profile", *map(str, paths)]
    return subprocess.Popen(
        command, env=os.environ | environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
