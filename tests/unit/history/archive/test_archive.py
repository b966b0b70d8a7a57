"""Parts of a day: what is written is what readers see, once."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from history.archive.day import Day, days
from history.archive.part import Kind, Part, parts_in, remove_temporary, write
from history.archive.rows import rows_of
from history.archive.schema import TABLES
from history.archive.writing import PartWriter
from leaderboard.day_values import DayValues
from leaderboard.fields import STOOD_IN_FOR
from leaderboard.tape.entries import (
    Entry,
    Figures,
    Learned,
    LearnedSymbol,
    Moved,
    Refresh,
    RestoredDay,
    Rolled,
    ScreensTicked,
    Started,
)
from tests.support.history.entries import batch, tick
from tests.support.market import TODAY, at

DAY = f"{TODAY}"
SESSION = 202611201


@pytest.fixture
def database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def written(history: Path, *entries: Entry, first: int | None = None) -> Part:
    """A part with these entries."""
    position = entries[0].position if first is None else first
    last = entries[-1]
    return PartWriter(history).write(
        DAY, rows_of(entries, SESSION), first=position, last=last.position, at=last.at
    )


def table(database: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return database.execute(query).fetchall()


def test_bars_are_read_as_they_came(tmp_path: Path, database: duckdb.DuckDBPyConnection) -> None:
    # Given batches of bars, in one of them a stale bar, in two files
    first = batch(2, ("B", "09:31:00"), ("A", "09:31:01"), outcomes="AS")
    second = batch(3, ("A", "09:31:02"))
    written(tmp_path, first, first=1)
    written(tmp_path, second)
    # When the day is read
    Day(tmp_path / DAY).views(database)
    # Then every bar is there once, with the entry that brought it
    start = at("09:31:00")
    assert table(database, "SELECT position, n, symbol, outcome, start_timestamp FROM bars ORDER BY ALL") == [
        (2, 0, "B", "A", start),
        (2, 1, "A", "S", start + 1000),
        (3, 0, "A", "A", start + 2000),
    ]
    # And each number is the same double
    names = [*(first.bars.dtype.names or ())]
    ((*numbers,),) = table(database, f"SELECT {', '.join(names)} FROM bars WHERE position = 3")
    assert numbers == [second.bars[0][name] for name in names]


def test_all_kinds_of_entries_become_rows(tmp_path: Path, database: duckdb.DuckDBPyConnection) -> None:
    # Given entries of all kinds
    name = STOOD_IN_FOR[0].name
    figures = Figures((name,), {name: 1.5})
    day = RestoredDay(5, 6, DayValues(1.0, 7, 0.5, 0.0, 0.0, 8, 9.0, 10, 11.0))
    bars = batch(1, ("A", "09:31:00"), references={0: figures}, days={0: day})
    about = bars.revision, bars.session, bars.at
    screens = ScreensTicked(5, *about, bars.at // 1000, 1, bars.at, {"losers": "ab"}, b"[]", alerts_anew=True)
    learned = Learned(6, *about, 20261120, "v", {"A": LearnedSymbol("{}", "null", b"\0\xff")})
    refresh = Refresh(7, *about, ["A", "B"], "AS", {0: figures})
    others = [Rolled(8, 9, 202611230, bars.at), Moved(9, 9, 202611201, bars.at, True), Started(10, 9, 0, bars.at)]
    written(tmp_path, bars, *tick(bars, ["volume"]), screens, learned, refresh, *others)
    # When the day is read
    Day(tmp_path / DAY).views(database)
    # Then each is a row of its table
    ticks = "SELECT position, slot, revision, kind, name, digest, definitions FROM ticks ORDER BY ALL"
    slot = bars.at // 1000
    assert table(database, ticks) == [
        (2, slot, 1, "boards", "", None, None),
        (3, slot, 1, "digests", "volume", f"{slot:040x}", None),
        (5, slot, 1, "alerts", "anew", None, None),
        (5, slot, 1, "screens", "", None, "[]"),
        (5, slot, 1, "screens", "losers", "ab", None),
    ]
    references = f'SELECT position, symbol, outcome, refreshed, stand_ins, {name} FROM "references" ORDER BY ALL'
    assert table(database, references) == [
        (1, "A", "A", False, name, 1.5),
        (7, "A", "A", True, name, 1.5),
        (7, "B", "S", True, None, None),
    ]
    assert table(database, "SELECT symbol, open_end, high_at, regular_close FROM restored") == [("A", 6, 7, 11.0)]
    learned_rows = "SELECT position, symbol, day, version, previous, profile, volume_profile FROM learned"
    assert table(database, learned_rows) == [(6, "A", 20261120, "v", "{}", "null", b"\0\xff")]
    assert table(database, "SELECT position, session, kind FROM sessions ORDER BY position") == [
        (8, 202611230, "roll"),
        (9, 202611201, "move_keep"),
        (10, 0, "start"),
    ]


def test_a_roll_by_a_bar_is_a_row_of_sessions(tmp_path: Path, database: duckdb.DuckDBPyConnection) -> None:
    written(tmp_path, batch(1, ("A", "09:29:00")), batch(2, ("A", "09:31:00")))
    Day(tmp_path / DAY).views(database)
    assert table(database, "SELECT position, session, kind FROM sessions ORDER BY position") == [
        (1, 202611200, "bars"),
        (2, 202611201, "bars"),
    ]


def test_a_day_without_files_has_all_views(tmp_path: Path, database: duckdb.DuckDBPyConnection) -> None:
    Day(tmp_path / DAY).views(database)
    for each in TABLES:
        answer = database.execute(f'FROM "{each.name}"')
        assert answer.fetchall() == []
        assert [(name, str(kind)) for name, kind, *_ in answer.description or ()] == [
            (column.name, column.sql) for column in each.columns
        ]


def test_bars_of_a_bad_part_are_not_there(tmp_path: Path, database: duckdb.DuckDBPyConnection) -> None:
    # Given a folder of a day, and a part that cannot be written to its end
    good = written(tmp_path, batch(1, ("A", "09:31:00")))

    def fail(folder: Path) -> None:
        (folder / "bars.parquet").write_text("half of it")
        raise OSError(28, "No space left on device")

    day = tmp_path / DAY
    with pytest.raises(OSError, match="No space left"):
        write(day, Part(good.hour, 2, 3, Kind.PART), fail)
    # Then nothing of it is left
    assert [path.name for path in day.iterdir()] == [good.name]
    # And what a writer left that was killed is no part, until it is removed
    (day / ".writing-x").mkdir()
    (day / ".writing-x" / "bars.parquet").write_text("half of it")
    assert parts_in(day) == [good]
    remove_temporary(day)
    assert [path.name for path in day.iterdir()] == [good.name]


def test_a_merged_part_hides_what_it_was_made_of(tmp_path: Path, database: duckdb.DuckDBPyConnection) -> None:
    # Given two parts, and one with both of them that a reader finds beside them
    one, two = batch(1, ("A", "09:31:00")), batch(2, ("A", "09:31:01"))
    parts = [written(tmp_path, one), written(tmp_path, two)]
    whole = written(tmp_path, one, two)
    after = written(tmp_path, batch(3, ("B", "09:31:02")))
    day = Day(tmp_path / DAY)
    # Then it reads that, and what came later
    assert day.parts() == [whole, after]
    day.views(database)
    assert table(database, "SELECT count(*) FROM bars") == [(3,)]
    assert parts_in(day.folder) == [parts[0], whole, parts[1], after]


def test_days_are_the_folders_that_are_dates(tmp_path: Path) -> None:
    for name in ("2026-11-23", "2026-11-20", "20261121", "lost+found"):
        (tmp_path / name).mkdir()
    assert [f"{day.date}" for day in days(tmp_path)] == ["2026-11-20", "2026-11-23"]
    assert days(tmp_path / "absent") == []
