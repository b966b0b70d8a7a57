"""The tape of a real Redis on disk: whole, or with named gaps."""

import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest
from redis import Redis

from history import recorded_days
from history.archive.day import Day
from history.archive.pruning import prune
from history.fold.state import COLUMNS
from history.recorder import tape_to_archive
from history.recorder.base import BaseReader
from history.recorder.status import Status
from history.recorder.tape_to_archive import TapeToArchive
from history.recorder.tapes.tape import SingleTape
from leaderboard import keys
from leaderboard.reference import PreviousDay, Reference, VolumeProfile
from leaderboard.sessions import next_trading_day
from leaderboard.shards import Shards
from leaderboard.system import System
from leaderboard.tape.recorder_report import RecorderReport
from tests.support.market import TODAY, at, bar

TOMORROW = next_trading_day(TODAY)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "history"


def recorder(redis: Redis, history: Path) -> TapeToArchive:
    """One that has begun."""
    made = TapeToArchive(Shards([redis]), history, Status(history))
    made.begin()
    return made


def take(taking: TapeToArchive, *, has_lease: bool = True) -> None:
    """Have it take what is on the tape."""
    stop = threading.Event()
    stop.set()
    taking.step(stop, lambda: has_lease)


def rows(history: Path, query: str, day: str = f"{TODAY}") -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        Day(history / day).views(database)
        return database.execute(query).fetchall()


def symbols(history: Path, day: str = f"{TODAY}") -> list[str]:
    """The symbols of the day's bars, in the order in which they came."""
    return [symbol for (symbol,) in rows(history, "SELECT symbol FROM bars ORDER BY position, n", day)]


STATE = "SELECT symbol FROM states WHERE position = (SELECT max(position) FROM checkpoints) ORDER BY ALL"
GAPS = "SELECT from_position, from_at, to_at > from_at, why FROM gaps ORDER BY ALL"


def test_bars_are_on_disk_before_they_leave_the_tape(redis: Redis, system: System, history: Path) -> None:
    # Given a recorder from before the day's first bar on
    taking = recorder(redis, history)
    system.process([bar("A", "09:31:00"), bar("B", "09:31:00")])
    before = redis.xlen(keys.TAPE)
    # When it takes the tape to disk
    take(taking)
    # Then the bars are there, and the tape keeps the last entry alone
    assert symbols(history) == ["A", "B"]
    assert (before, redis.xlen(keys.TAPE)) == (2, 1)
    # And history has no gap
    assert rows(history, GAPS) == []


def test_a_recorder_that_comes_back_goes_on(redis: Redis, system: System, history: Path) -> None:
    # Given a recorder that is away while bars come
    take(recorder(redis, history))
    system.process([bar("A", "09:31:00")])
    take(recorder(redis, history))
    system.process([bar("B", "09:31:01")])
    system.process([bar("C", "09:31:02")])
    # When it is back
    take(recorder(redis, history))
    # Then nothing is missing
    assert symbols(history) == ["A", "B", "C"]
    assert rows(history, GAPS) == []


def test_recording_begins_in_the_middle_of_a_day(redis: Redis, system: System, history: Path) -> None:
    # Given a market that has traded
    profile = VolumeProfile.of([float(n) for n in range(193)], 30)
    system.reference.learn(TODAY, {"A": Reference(PreviousDay(close=8.0), volume_profile=profile)})
    system.process([bar("A", "09:29:00"), bar("A", "09:31:00", close=9.0)])
    # When a recorder comes, and bars after it
    taking = recorder(redis, history)
    system.process([bar("B", "09:32:00")])
    take(taking)
    # Then history has a gap from the first bar on
    ((from_position, from_at, ends_later, _),) = rows(history, GAPS)
    assert (from_position, from_at, ends_later) == (0, at("09:29:00"), True)
    # And the state that goes before the bars
    state = "SELECT symbol, close, pre_open, day_high, rvol_sessions, profile_position = position FROM states"
    assert rows(history, state) == [("A", 9.0, 10.0, 10.0, 30.0, True)]
    assert rows(history, "SELECT symbol, volume_profile FROM learned") == [("A", profile.packed)]
    assert rows(history, "SELECT kind, session, symbols FROM checkpoints") == [("base", 202611201, 1)]


def test_a_tape_cut_at_its_bound_is_a_gap(redis: Redis, system: System, history: Path) -> None:
    # Given a recorder that was away for so long that the tape has lost entries
    taking = recorder(redis, history)
    system.process([bar("A", "09:31:00")])
    take(taking)
    for clock in ("09:31:01", "09:31:02", "09:31:03"):
        system.process([bar("B", clock)])
    redis.xtrim(keys.TAPE, maxlen=1, approximate=False)
    # When it is back
    take(recorder(redis, history))
    # Then it has what is left, and names the gap, from the last entry on disk
    assert symbols(history) == ["A", "B"]
    ((from_position, from_at),) = rows(history, "SELECT position, written_at FROM anchors ORDER BY ALL LIMIT 1")
    assert rows(history, GAPS)[0][:2] == (from_position, from_at)
    assert rows(history, STATE) == [("A",), ("B",)]


@pytest.mark.parametrize("is_running", [True, False])
def test_redis_loses_its_data(is_running: bool, redis: Redis, system: System, history: Path) -> None:
    # Given a Redis that loses all that it held
    taking = recorder(redis, history)
    system.process([bar("A", "09:31:00"), bar("B", "09:31:00")])
    take(taking)
    redis.flushall()
    # When the market goes on, and the recorder was there all the time, or comes back
    if not is_running:
        taking = recorder(redis, history)
    take(taking)
    system.process([bar("C", "09:31:05")])
    take(taking)
    # Then later bars have later positions, and the gap is named
    assert symbols(history) == ["A", "B", "C"]
    assert len(rows(history, GAPS)) == 1
    # And the next one goes on
    system.process([bar("D", "09:31:06")])
    take(recorder(redis, history))
    assert symbols(history) == ["A", "B", "C", "D"]
    assert len(rows(history, GAPS)) == 1


def test_a_gap_is_named_once_if_the_lease_is_lost_too(redis: Redis, system: System, history: Path) -> None:
    # Given a recorder whose lease goes with all else that Redis held
    taking = recorder(redis, history)
    system.process([bar("A", "09:31:00")])
    take(taking)
    redis.flushall()
    take(taking, has_lease=False)
    # When who takes the lease next goes on
    taking = recorder(redis, history)
    system.process([bar("B", "09:31:01")])
    take(taking)
    # Then there is one gap
    assert symbols(history) == ["A", "B"]
    assert len(rows(history, GAPS)) == 1


def test_an_old_day_is_recorded_beside_newer_ones(redis: Redis, system: System, history: Path) -> None:
    # Given a folder with later days, into which an old day is replayed, into a Redis that was emptied for it
    taking = recorder(redis, history)
    later = TODAY
    for _ in range(3):
        later = next_trading_day(later)
        system.process([bar("Z", "09:31:00", later)])
        take(taking)
    redis.flushall()
    taking = recorder(redis, history)
    system.process([bar("A", "09:31:00")])
    take(taking)
    # When the recorder starts again
    taking = recorder(redis, history)
    system.process([bar("B", "09:31:01")])
    take(taking)
    # Then it goes on with the old day, and has lost nothing of it
    assert symbols(history) == ["A", "B"]
    assert rows(history, GAPS) == []
    # And removing old days leaves it, for it is recorded
    assert taking.day == TODAY
    assert len(prune(history, 1, recorded=taking.day)) == 2
    assert symbols(history) == ["A", "B"]


def test_another_entry_at_the_same_position_is_a_gap(redis: Redis, system: System, history: Path) -> None:
    # Given a server that lacks the newest entries of the one before it, and goes on by itself
    taking = recorder(redis, history)
    system.process([bar("A", "09:31:00")])
    tape, position = redis.dump(keys.TAPE), redis.get(keys.TAPE_POSITION)
    system.process([bar("B", "09:31:01")])
    take(taking)
    redis.restore(keys.TAPE, 0, tape, replace=True)  # type: ignore[arg-type]
    redis.set(keys.TAPE_POSITION, position)  # type: ignore[arg-type]
    system.process([bar("C", "09:31:02")])
    # When the recorder goes on
    take(taking)
    system.process([bar("D", "09:31:03")])
    take(taking)
    # Then it names the gap
    assert symbols(history) == ["A", "B", "D"]
    assert len(rows(history, GAPS)) == 1


def test_nobody_recorded_for_a_time(redis: Redis, system: System, history: Path) -> None:
    # Given a tape that was not written for a time
    taking = recorder(redis, history)
    system.process([bar("A", "09:31:00")])
    take(taking)
    redis.delete(keys.RECORDING)
    system.process([bar("B", "09:31:01")])
    # When the recorder goes on
    take(taking)
    system.process([bar("C", "09:31:02")])
    take(taking)
    # Then the gap is named, and the state has what was not recorded
    assert symbols(history) == ["A", "C"]
    assert len(rows(history, GAPS)) == 1
    assert rows(history, STATE) == [("A",), ("B",)]


def test_each_day_has_a_folder(redis: Redis, system: System, history: Path) -> None:
    # Given bars of a day's end and of the next day's beginning
    taking = recorder(redis, history)
    system.process([bar("A", "15:59:00")])
    system.process([bar("B", "04:00:00", TOMORROW)])
    # When they are recorded
    take(taking)
    # Then each is in its day's folder
    assert symbols(history) == ["A"]
    assert symbols(history, f"{TOMORROW}") == ["B"]
    # And the next part of the new day has the state with which it goes on
    take(taking)
    assert rows(history, "SELECT symbol FROM states", f"{TOMORROW}") == [("B",)]


def test_the_last_recorded_day_is_one_with_bars(
    redis: Redis, system: System, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given figures that are learned, and recorded, before a replay of an earlier day begins
    taking = recorder(redis, history)
    system.reference.learn(TODAY, {"A": Reference(PreviousDay(close=9.0))})
    take(taking)
    system.process([bar("A", "09:31:00")])
    take(taking)
    assert len([*history.iterdir()]) == 2
    # Then the replayed day is what commands take who are given none
    monkeypatch.setattr(recorded_days, "history_folder", lambda: history)
    assert recorded_days.recorded_day().date == TODAY


def test_a_gap_over_night_is_on_both_days(redis: Redis, system: System, history: Path) -> None:
    # Given a recorder that stopped, whose tape is gone on the next day
    taking = recorder(redis, history)
    system.process([bar("A", "15:59:00")])
    take(taking)
    system.process([bar("B", "09:31:00", TOMORROW)])
    redis.delete(keys.TAPE)
    # When it is back
    taking = recorder(redis, history)
    system.process([bar("C", "09:31:01", TOMORROW)])
    take(taking)
    # Then both days have the gap
    assert len(rows(history, GAPS)) == len(rows(history, GAPS, f"{TOMORROW}")) == 1
    assert symbols(history, f"{TOMORROW}") == ["C"]


def test_what_cannot_be_written_stays_on_the_tape(redis: Redis, system: System, history: Path) -> None:
    # Given a folder in which nothing can be written
    taking = recorder(redis, history)
    system.process([bar("A", "09:31:00")])
    history.mkdir()
    (history / f"{TODAY}").write_text("")
    # When the recorder tries
    with pytest.raises(OSError, match="exists"):
        take(taking)
    # Then the bars are still on the tape
    assert redis.xlen(keys.TAPE) == 2
    # And are recorded once they can be
    (history / f"{TODAY}").unlink()
    take(recorder(redis, history))
    assert symbols(history) == ["A"]


def test_a_failure_lasts_until_an_attempt_succeeds(redis: Redis, system: System, history: Path) -> None:
    # Given a recorder that could not write what came after the first bar
    taking, status = recorder(redis, history), Status(history)
    system.process([bar("A", "09:31:00")])
    take(taking)
    status.failed(OSError("No space left on device"))
    # When the next attempt begins
    TapeToArchive(Shards([redis]), history, status).begin()
    # Then the doctor still reads of the failure
    status.report(redis)
    report = RecorderReport.read(redis)
    assert report
    assert report.failure == "No space left on device"
    # And no longer when it has succeeded
    status.succeeded()
    status.report(redis)
    report = RecorderReport.read(redis)
    assert report
    assert not report.failure


def test_a_state_that_was_folded_is_the_one_in_redis(
    redis: Redis, system: System, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a recorder that stores a state with each part
    monkeypatch.setattr(tape_to_archive, "STATE_BARS", 1)
    taking = recorder(redis, history)
    # When bars come, late ones and some of the regular hours too, and reference data
    system.process([bar("A", "09:29:00", h=12.0), bar("B", "09:28:00")])
    take(taking)
    system.process([bar("A", "09:31:00", op=10.5), bar("B", "09:27:00", l=9.0), bar("C", "09:31:00")])
    profile = VolumeProfile.of([float(n) for n in range(193)], 30)
    system.reference.learn(TODAY, {"A": Reference(PreviousDay(close=8.0), volume_profile=profile)})
    take(taking)
    # Then what it has folded is what Redis holds
    base = BaseReader(Shards([redis]), SingleTape(redis)).read()
    names = [column.name for column in COLUMNS if column.name not in ("revision", "profile_position")]
    where = "WHERE position = (SELECT max(position) FROM checkpoints) ORDER BY symbol"
    folded = rows(history, f"SELECT {', '.join(names)} FROM states {where}")
    assert folded == [*zip(*(base.state[name].tolist() for name in names), strict=True)]
    assert len(folded) == 3


def test_a_tape_that_is_cut_behind_a_gap_is_another_gap(redis: Redis, system: System, history: Path) -> None:
    # Given a recorder that has read the market's state, and reads the tape when entries behind that are gone
    system.process([bar("A", "09:31:00")])
    taking = recorder(redis, history)
    system.process([bar("B", "09:31:01")])
    system.process([bar("C", "09:31:02")])
    redis.xtrim(keys.TAPE, maxlen=1, approximate=False)
    # When it goes on
    take(taking)
    take(taking)
    # Then the state is read again
    assert len(rows(history, GAPS)) == 2
    assert rows(history, STATE) == [("A",), ("B",), ("C",)]
