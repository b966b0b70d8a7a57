"""The alerts of a recorded day are the oracle's for what was published, tick for tick."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from typer.testing import Result

from history.archive.schema import TICKS
from history.queries.alerts import PastAlerts
from leaderboard.alerts.alerts_file import load
from leaderboard.market.selection import Selection
from leaderboard.screens.screen import Screen
from tests.support.alert_oracle import Alerts, Rule, as_toml
from tests.support.made_day import MadeDay, made_day
from tests.support.market import TODAY, at
from tests.support.screen_oracle import Screen as OracleScreen

#: Shows every row, so that it tells what the market was at each tick.
WHOLE = Screen("whole", "Whole", "", Selection.parse("accumulated_volume"))
RULES = [
    Rule("dear", when=["close >= 15"], hold=2, cooldown=5),
    Rule("moving", when=["pct_change_1m > 5"], cooldown=0),
    Rule("high", event="new_high", where=["close > 12"], cooldown=0),
    Rule("low", event="new_low", hours=["regular"], cooldown=10),
    Rule("above", event="above_pre_high", hold=1),
    Rule("leader", event="enters:gainers:2", cooldown=3),
    Rule("cheap", event="enters:cheapest:2", cooldown=1),
]
#: By second, the screen that a rule names, from then on; None: it is declared no longer.
CHEAPEST = {
    0: OracleScreen("close", "ascending", ["close > 10"]),
    30: OracleScreen("close", "ascending", ["close > 13"], size=1),
    50: None,
    60: OracleScreen("close", "ascending", ["close > 10"]),
}


def screens_from(second: int) -> list[Screen]:
    cheapest = CHEAPEST[second]
    if cheapest is None:
        return [WHOLE]
    selection = Selection.parse(cheapest.by, cheapest.order, cheapest.where, limit=cheapest.size)
    return [WHOLE, Screen("cheapest", "Cheapest", "", selection)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    later = {second: screens_from(second) for second in CHEAPEST}
    return made_day(tmp_path_factory.mktemp("history"), 80, part_seconds=20, later=later)


@pytest.fixture
def day(whole: MadeDay, tmp_path: Path) -> MadeDay:
    """A copy of it, which a test may spoil."""
    copy = tmp_path / "history"
    shutil.copytree(whole.history, copy)
    return replace(whole, history=copy)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of the rules."""
    path = tmp_path / "alerts.toml"
    path.write_text(as_toml(RULES))
    return path


def fired(day: MadeDay, path: Path) -> list[str]:
    """The ids that history fires."""
    return [alert.id for tick in PastAlerts(day.day, load(path)).each_tick() for alert in tick]


def expected(day: MadeDay, oracle: Alerts, seconds: Sequence[int]) -> list[str]:
    """The ids that the oracle fires at some of the day's seconds."""
    ids: list[str] = []
    for time in seconds:
        rows: list[dict[str, Any]] = msgspec.json.decode(day.published[time]["whole"])
        session = (TODAY, "pre" if time <= at("09:30:00") else "regular")
        cheapest = CHEAPEST[max(second for second in CHEAPEST if second * 1000 <= time - at("09:29:50"))]
        screens = {"cheapest": cheapest} if cheapest else {}
        ids += oracle.tick(time // 1000, {row["symbol"]: row for row in rows}, session, screens)
    return ids


def new_day() -> Alerts:
    """The oracle when it has seen the last tick of the day before."""
    oracle = Alerts(RULES)
    oracle.tick(at("09:29:49") // 1000, {}, None)
    return oracle


def test_a_day_fires_what_the_oracle_says(day: MadeDay, path: Path) -> None:
    # When its alerts are computed
    ids = fired(day, path)

    # Then they are the oracle's, in its order, each rule among them
    assert ids == expected(day, new_day(), [*day.published])
    assert {each.partition(":")[0] for each in ids} == {rule.name for rule in RULES}


def test_where_clock_workers_knew_nothing_history_begins_anew_too(day: MadeDay, path: Path) -> None:
    # Given a tick at which the rules knew of no tick before
    seconds = [*day.published]
    anew = seconds[30]
    (file,) = day.day.files(TICKS, [day.day.parts()[1]])
    of_tick = f"FROM '{file}' WHERE slot = {anew // 1000} AND kind = 'boards'"
    row = f"SELECT * REPLACE ('alerts' AS kind, 'anew' AS name) {of_tick}"
    with duckdb.connect() as database:
        database.execute(f"COPY (FROM '{file}' UNION ALL {row}) TO '{file}.new' (FORMAT parquet)")
    Path(f"{file}.new").replace(file)

    # When its alerts are computed, then they are those of an oracle that has forgotten all by then
    oracle = new_day()
    before = expected(day, oracle, seconds[:30])
    oracle.forget()
    assert fired(day, path) == before + expected(day, oracle, seconds[30:])


def test_behind_a_lost_part_what_is_satisfied_does_not_fire(day: MadeDay, path: Path) -> None:
    # Given a day whose second part is lost
    shutil.rmtree(day.day.folder / day.day.parts()[1].name)
    seconds = [*day.published]

    # When its alerts are computed
    past = PastAlerts(day.day, load(path))
    ids = [alert.id for tick in past.each_tick() for alert in tick]

    # Then they are those before it, and behind the next stored state those of an oracle that has forgotten all
    oracle = new_day()
    before = expected(day, oracle, seconds[:20])
    oracle.forget()
    # The windows are not known for a minute.
    after = [each for each in expected(day, oracle, seconds[60:]) if not each.startswith("moving:")]
    assert (past.ticks, past.unknown) == (40, 20)
    assert ids == before + after


def test_the_command_prints_what_fires(day: MadeDay, path: Path, run: Callable[..., Result]) -> None:
    # When
    printed = run("alerts", "--rules", str(path), "--day", f"{TODAY}")
    as_json = run("alerts", "--rules", str(path), "--json")

    # Then there is a line for each
    ids = fired(day, path)
    assert [msgspec.json.decode(line)["id"] for line in as_json.stdout.splitlines()] == ids
    assert len(printed.stdout.splitlines()) == len(ids)
    assert printed.stdout.startswith("09:29:5")
    assert f"{len(ids)} alerts in 80 seconds." in printed.stderr


def test_a_screen_that_was_never_published_is_named(day: MadeDay, path: Path, run: Callable[..., Result]) -> None:
    path.write_text(as_toml([Rule("none", event="enters:dearest:1"), RULES[-1]]))

    printed = run("alerts", "--rules", str(path))

    assert "seconds. No such screen was published: dearest." in printed.stderr


def test_wrong_rules_end_the_command_with_their_mistakes(
    day: MadeDay, path: Path, run: Callable[..., Result]
) -> None:
    path.write_text('[[alert]]\nname = "a"\nevent = "new_hihg"\n')

    ended = run("alerts", "--rules", str(path))

    assert ended.exit_code == 1
    assert f"{path}:3: event: there is no event 'new_hihg'" in str(ended.exception)
