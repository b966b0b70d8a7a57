"""``python -m history restore``: a market that was recorded is in another Redis as it was."""

import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from redis import Redis
from typer.testing import CliRunner, Result

from config.settings import Settings
from feeds.recorded.replay import as_sent
from history.__main__ import app
from history.archive.day import days
from history.database import database
from history.queries.arrivals import Arrivals
from history.queries.references import references as day_references
from history.queries.symbol_bars import SymbolDay
from history.recorder.status import Status
from history.recorder.tape_to_archive import TapeToArchive
from leaderboard import keys
from leaderboard.reference import PreviousDay, Profile, Reference, VolumeProfile
from leaderboard.shards import Shards
from leaderboard.system import System
from tests.support.history.redis_contents import contents
from tests.support.market import TODAY, bar
from tests.support.random_bars import bars_of_two_days, learn, property_test, references

SYMBOLS = ["A", "B", "AMpB"]


def recorder(redis: Redis, history: Path) -> TapeToArchive:
    """One that has begun."""
    made = TapeToArchive(Shards([redis]), history, Status(history))
    made.begin()
    return made


def take(taking: TapeToArchive) -> None:
    """Have it take what is on the tape."""
    stop = threading.Event()
    stop.set()
    taking.step(stop, lambda: True)


def restored(history: Path, url: str, *arguments: str) -> Result:
    """Run the command for a Redis."""
    made = Settings(history_dir=history, redis_url=url, market_clock="events")
    with pytest.MonkeyPatch.context() as patched:
        for module in ("history.recorded_days", "history.commands.restore"):
            patched.setattr(f"{module}.settings", lambda: made)
        return CliRunner().invoke(app, ["restore", *arguments])


def url_of(redis: Redis) -> str:
    about = redis.get_connection_kwargs()
    return f"redis://127.0.0.1:{about['port']}/{about['db']}"


def test_a_recorded_day_is_restored(redis: Redis, empty: Redis, system: System, tmp_path: Path) -> None:
    # Given a day that is recorded from the middle of its pre-market on, with reference data that came in between
    system.process([bar("A", "09:00:00", close=8.0, h=99.0), bar("B", "09:01:00")])
    taking = recorder(redis, tmp_path)
    known = Reference(PreviousDay(close=7.0), Profile(avg_volume=5.0), VolumeProfile.of([9.0] * 193, 3))
    system.reference.learn(TODAY, {"A": known, "C": known})
    take(taking)
    system.process([bar("A", "09:31:00", close=9.0), bar("B", "09:32:00"), bar("D", "09:33:00")])
    take(taking)
    # When it is restored into an empty Redis
    result = restored(tmp_path, url_of(empty))
    # Then it says what is there, and what may be missing
    said = result.output.splitlines()
    assert said[0].startswith("Restored 2026-11-20 as it was at ")
    assert said[0].endswith(" ET: 3 symbols, reference data of 2.")
    assert said[1].endswith(": Nothing was recorded here before.")
    # And everything is as it was, also what is known of a symbol without bars
    assert contents(empty) == contents(redis)
    assert empty.get(keys.volume_profile("C")) == known.volume_profile.packed
    # And bars that come from now on make the same of it
    for client in (redis, empty):
        System.from_settings(Settings(redis_url=url_of(client), market_clock="events")).process(
            [bar("A", "09:29:00", close=5.0), bar("C", "09:34:00")]
        )
    assert contents(empty) == contents(redis)


def test_what_redis_has_lost_is_restored_beside_what_came_since(
    redis: Redis, empty: Redis, system: System, tmp_path: Path
) -> None:
    # Given a recorded day, in whose middle Redis lost everything, and the market began anew
    before = [bar("A", "09:00:00", close=8.0, h=99.0), bar("A", "09:31:00", close=9.0), bar("B", "09:32:00")]
    since = [bar("A", "09:40:00", close=11.0), bar("C", "09:41:00")]
    known = {"A": Reference(PreviousDay(close=7.0))}
    taking = recorder(redis, tmp_path)
    system.reference.learn(TODAY, known)
    system.process(before)
    take(taking)
    redis.flushdb()
    take(taking)
    system.process(since)
    take(taking)
    # When it is restored
    result = restored(tmp_path, url_of(empty))
    # Then the boards are those of all bars
    assert " ET: 3 symbols, reference data of 1." in result.output, result.exception
    redis.flushdb()
    system.reference.learn(TODAY, known)
    system.process([*before, *since])
    assert contents(empty) == contents(redis)


@pytest.mark.slow
def test_what_was_restored_is_recorded_and_restored_again(
    redis: Redis, empty: Redis, system: System, tmp_path: Path
) -> None:
    # Given a recorded day, restored into a Redis that is recorded, too
    taking = recorder(redis, tmp_path / "1")
    system.process(
        [bar("A", "09:00:00", close=8.0, h=99.0), bar("A", "09:31:00", close=9.0), bar("B", "09:32:00")]
    )
    take(taking)
    again = recorder(empty, tmp_path / "2")
    assert restored(tmp_path / "1", url_of(empty)).exit_code == 0
    take(again)
    # When that is restored
    empty.flushdb()
    assert restored(tmp_path / "2", url_of(empty)).exit_code == 0
    # Then it is still as it was
    assert contents(empty) == contents(redis)
    # And its candles are those of bars that came, of which there is none
    assert not len(SymbolDay(tmp_path / "2", "A", TODAY).bars())
    assert len(SymbolDay(tmp_path / "1", "A", TODAY).bars()) == 2
    # And can be replayed: no bar of it is one that no feed could send
    with database() as opened:
        (day,) = days(tmp_path / "2")
        assert {each.event.symbol for each in Arrivals(opened, day)} == {"A", "B"}


def test_a_replay_of_a_recorded_day_gives_its_boards(
    redis: Redis, empty: Redis, system: System, tmp_path: Path
) -> None:
    # Given a recorded day, with reference data that came in its middle, and bars that came late or twice
    taking = recorder(redis, tmp_path)
    system.process([bar("A", "09:00:00", close=8.0), bar("B", "09:31:00"), bar("B", "09:30:00", close=7.0)])
    known = Reference(PreviousDay(close=7.0), Profile(avg_volume=5.0), VolumeProfile.of([9.0] * 193, 3))
    system.reference.learn(TODAY, {"A": known, "B": Reference(PreviousDay(close=5.0, volume=0.0))})
    system.process(
        [bar("A", "09:31:00", close=9.0), bar("A", "09:00:00", close=8.0), bar("C", "09:32:00", op=3.0)]
    )
    take(taking)
    # When its bars are sent again, after its reference data
    replayed = System.from_settings(Settings(redis_url=url_of(empty), market_clock="events"))
    with database() as opened:
        (day,) = days(tmp_path)
        day.views(opened)
        replayed.reference.learn(TODAY, dict(day_references(opened, TODAY)))
        replayed.process([as_sent(each.event) for each in Arrivals(opened, day)])
    # Then the boards are the same
    assert contents(empty) == contents(redis)


def test_a_day_that_is_not_shown_is_not_restored(
    redis: Redis, empty: Redis, system: System, tmp_path: Path
) -> None:
    taking = recorder(redis, tmp_path)
    system.process([bar("A", "09:31:00")])
    take(taking)
    empty.set(keys.SESSION, 202611191)
    assert "The boards show 2026-11-19" in str(restored(tmp_path, url_of(empty)).exception)
    assert "Nothing is recorded of 2026-11-18" in str(restored(tmp_path, url_of(empty), "2026-11-18").exception)


@pytest.mark.slow
@settings(property_test, max_examples=25, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    before=st.lists(bars_of_two_days(SYMBOLS, 10), max_size=1),
    events=st.lists(bars_of_two_days(SYMBOLS, 10), min_size=1, max_size=3),
    known=st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=3),
    rng=st.randoms(use_true_random=False),
)
def test_whatever_was_recorded_is_restored(
    redis: Redis,
    empty: Redis,
    system: System,
    before: list[list[dict[str, Any]]],
    events: list[list[dict[str, Any]]],
    known: dict[str, Reference],
    rng: Any,
) -> None:
    # Given random bars, of which some came before a recorder, and reference data that came in between
    redis.flushdb()
    empty.flushdb()
    for each in before:
        system.process(each)
    with TemporaryDirectory() as folder:
        history = Path(folder)
        taking = recorder(redis, history)
        for each in events:
            learn([system], known, rng, each)
            system.process(each)
            take(taking)
        # When they are restored
        result = restored(history, url_of(empty), f"{system.present_day()}")
    # Then everything is as it was
    assert result.exit_code == 0, result.exception
    assert contents(empty) == contents(redis)
