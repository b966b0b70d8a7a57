"""The market's table: what it keeps, selects, ranks and writes, against the plainest way to do the same."""

import json
import logging
import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.boards import Order
from leaderboard.fields import NAMES, WINDOWS
from leaderboard.market.selection import Condition, Operator, Selection
from leaderboard.market.table import MarketTable
from leaderboard.sessions import Hours, Phase, Session
from tests.support.market import TODAY, at
from tests.support.market_rows import REGULAR, changes, row

EARLY_CLOSE = Session(date(2026, 11, 27), Phase.REGULAR)
COMPARISONS: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
    Operator.EQUAL: operator.eq,
    Operator.UNEQUAL: operator.ne,
}
# Few values, so that many tie.
values = st.sampled_from([0.0, 1.0, 2.0, -3.5, 1.7976931348623157e308])
FIELDS = ["close", "pct_change", "volume_1m"]
markets = st.dictionaries(
    st.text("ABab.-1", min_size=1, max_size=4),
    st.fixed_dictionaries(
        {
            "close": values,
            "pct_change": values,
            "volume_1m": st.none() | values,
            "clock": st.sampled_from(range(3)),
        }
    ),
    max_size=30,
)
conditions = st.builds(
    Condition, st.sampled_from(FIELDS), st.sampled_from(Operator), values, st.none() | st.sampled_from(FIELDS)
)
selections = st.builds(
    Selection,
    st.sampled_from(FIELDS),
    st.sampled_from(Order),
    st.lists(conditions, max_size=2).map(tuple),
    st.lists(st.sampled_from([Hours.PRE, Hours.REGULAR, Hours.POST]), unique=True).map(tuple),
    st.integers(1, 12),
    st.integers(0, 5),
)
STARTS = {Hours.PRE: at("09:29:59"), Hours.REGULAR: at("09:30:00"), Hours.POST: at("16:00:00")}


def table(*rows: dict[str, Any], session: Session = REGULAR) -> MarketTable:
    made = MarketTable()
    made.apply(changes(rows, session=session))
    return made


def selected(market: MarketTable, selection: Selection) -> list[str]:
    return [market.symbols[each] for each in market.select(selection)]


def test_later_changes_replace_rows_and_add_new_ones() -> None:
    # Given a table of two rows
    market = table(row("A", close=1), row("B", close=2))

    # When one of them changes, and more symbols come than there was room for
    others = [row(f"S{n}", close=10) for n in range(3000)]
    market.apply(changes([row("B", close=3), *others], since=1, revision=2))

    # Then all are there, each with the revision of its last change
    assert market.revision == 2
    assert market.column("close").tolist() == [1, 3, *[10] * 3000]
    assert market.revisions().tolist() == [1, *[2] * 3001]
    assert (market.row("S0"), market.row("none")) == (2, None)


def test_changes_since_the_start_of_the_day_empty_the_table_first() -> None:
    market = table(row("A"), row("B"))

    market.apply(changes([row("C")], since=0))

    assert market.symbols == ["C"]
    assert market.resets == 2


def test_a_quote_that_is_no_row_is_ignored_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    # Given a row
    market = table(row("A", close=1), row("B", close=1))

    # When the quotes of others are no rows, and one is another symbol's
    junk = [
        b"",
        b"{}",
        b"[1]",
        b'{"symbol":"J3"}',
        b'{"symbol":5}',
        b'{"symbol":"A",\xff}',
        None,
        b'{"a":1},{"b":2}',
    ]
    infinite = json.dumps(row("J8")).replace('"close": 0', '"close": 1e999').encode()
    padded = json.dumps(row("J9")).encode() + b" "
    others = json.dumps(row("A", close=9)).encode()
    quotes = [*junk, infinite, padded, others]
    bad = changes([row("B", close=2), *(row(f"J{n}") for n in range(len(quotes)))], since=1, revision=2)
    bad = replace(bad, quotes=[bad.quotes[0], *quotes])
    with caplog.at_level(logging.ERROR):
        market.apply(bad)
        market.apply(bad)

    # Then the right one beside them was applied, and one line names some of the wrong
    assert market.symbols == ["A", "B"]
    assert market.column("close").tolist() == [1, 2]
    assert [record.message for record in caplog.records] == [
        "quotes that are no rows were ignored: J0, J1, J10, J2, J3"
    ]


def test_a_row_of_an_older_release_lacks_fields_which_are_zero() -> None:
    old = {name: value for name, value in row("A", close=2).items() if name != "relative_volume"}

    assert table(old).column("relative_volume").tolist() == [0]


@settings(max_examples=200)
@given(markets, selections)
def test_selections_are_those_of_a_brute_force(market: dict[str, Any], selection: Selection) -> None:
    # Given a market whose windows are known of some rows
    hours = [Hours.PRE, Hours.REGULAR, Hours.POST]
    rows = {
        symbol: {"close": each["close"], "pct_change": each["pct_change"], "volume_1m": each["volume_1m"]}
        for symbol, each in market.items()
    }
    of = {symbol: hours[each["clock"]] for symbol, each in market.items()}
    made = table(
        *(
            row(s, close=r["close"], pct_change=r["pct_change"], start_timestamp=STARTS[of[s]])
            for s, r in rows.items()
        )
    )
    known = [float("nan") if each["volume_1m"] is None else each["volume_1m"] for each in rows.values()]
    made.set_windows([known if window.name == "volume_1m" else [0.0] * len(rows) for window in WINDOWS])

    # When a selection is made, symbol by symbol
    def holds(numbers: Mapping[str, float | None], condition: Condition) -> bool:
        left, other = numbers[condition.field], numbers[condition.other] if condition.other else 1.0
        compare = COMPARISONS[condition.operator]
        return left is not None and other is not None and compare(left, condition.factor * other)

    expected = [
        symbol
        for symbol, numbers in sorted(rows.items())
        if numbers[selection.by] is not None
        and (not selection.hours or of[symbol] in selection.hours)
        and all(holds(numbers, condition) for condition in selection.where)
    ]
    sign = 1 if selection.order is Order.ASCENDING else -1
    expected.sort(key=lambda symbol: sign * (rows[symbol][selection.by] or 0.0))

    # Then the table's is the same
    assert selected(made, selection) == expected[selection.offset : selection.offset + selection.limit]
    assert made.count(selection) == len(expected)


@pytest.mark.parametrize(
    ("clock", "session", "hours"),
    [
        ("09:29:59", REGULAR, Hours.PRE),
        ("15:59:59", REGULAR, Hours.REGULAR),
        ("16:00:00", REGULAR, Hours.POST),
        ("21:00:00", REGULAR, Hours.POST),
        ("12:59:59", EARLY_CLOSE, Hours.REGULAR),
        ("13:00:00", EARLY_CLOSE, Hours.POST),
    ],
)
def test_hours_are_those_of_the_newest_bars_start(clock: str, session: Session, hours: Hours) -> None:
    market = table(row("A", start_timestamp=at(clock, session.day)), session=session)

    found = [
        each for each in Hours if each is not Hours.CLOSED and selected(market, Selection("close", hours=(each,)))
    ]

    assert found == [hours]


def test_rows_are_written_with_their_rank_first_and_windows_last() -> None:
    # Given two rows, of one of which the windows are unknown
    market = table(row("A", close=1.5), row("B", close=2))
    nan = float("nan")
    market.set_windows([[nan, -0.25], [nan, 12], [nan, 0], [nan, 1e21]])

    # When they are written from rank 3 on
    first, second = market.ranked(market.select(Selection("close")), first=3)

    # Then each is its quote between rank and windows
    assert tuple(json.loads(first)) == ("rank", *NAMES, *(window.name for window in WINDOWS))
    assert first.startswith(b'{"rank":3,"symbol":"B"')
    assert first.endswith(b',"pct_change_1m":-0.25,"pct_change_5m":12,"volume_1m":0,"volume_5m":1e21}')
    assert market.snapshot(market.select(Selection("close"))) == b"[%b,%b]" % (
        first.replace(b'"rank":3', b'"rank":1'),
        second.replace(b'"rank":4', b'"rank":2'),
    )
    assert json.loads(second) == {"rank": 4, **row("A", close=1.5), **{window.name: None for window in WINDOWS}}
    nobody = market.select(Selection("close"))[:0]
    assert (market.ranked(nobody), market.snapshot(nobody)) == ([], b"[]")


def test_rows_are_written_anew_when_quote_or_windows_change() -> None:
    # Given rows that were written
    market = table(row("A", close=2), row("B", close=1))
    market.set_windows([[1, 2], [-0.0, 0], [3, 4], [5, 1e300]])
    rows = market.select(Selection("close"))
    assert json.loads(market.snapshot(rows))[1]["volume_5m"] == 1e300
    assert b'"pct_change_5m":0,' in market.snapshot(rows)

    # When one's close changes, then the other's windows
    market.apply(changes([row("A", close=3)], since=1, revision=2))
    market.set_windows([[1, 2], [0, 0], [3, 4], [5, float("nan")]])

    # Then both are as they are now
    shown = json.loads(market.snapshot(rows))
    assert [(each["close"], each["volume_5m"]) for each in shown] == [(3, 5), (1, None)]


def test_fingerprints_are_the_same_in_tables_that_number_rows_otherwise() -> None:
    # Given two tables of the same rows, numbered as they came, one of whose unknown windows has another sign
    nan = float("nan")
    one, other = table(row("A"), row("B")), table(row("B"), row("A"))
    one.set_windows([[1, 2], [-nan, 0], [3, 4], [5, nan]])
    other.set_windows([[2, 1], [0, nan], [4, 3], [-nan, 5]])

    # Then the same rows have the same fingerprints, and others have others
    first, second = one.fingerprints().tolist()
    assert other.fingerprints().tolist() == [second, first]
    assert first != second


@pytest.mark.parametrize("what", ["symbol", "revision", "window"])
def test_fingerprints_differ_by_whatever_decides_the_rows_json(what: str) -> None:
    # Given a row
    one, other = table(row("A")), table(row("B" if what == "symbol" else "A"))

    # When another one differs in one thing only
    if what == "revision":
        other.apply(changes([row("A", close=1)], since=1, revision=2))
    if what == "window":
        other.set_windows([[float("nan")]] * 3 + [[1]])

    # Then so does its fingerprint, also where a symbol has come since
    assert one.fingerprints().tolist() != other.fingerprints().tolist()
    other.apply(changes([row("C")], since=1, revision=3))
    assert len(other.fingerprints()) == 2


def test_ranks_are_those_on_the_boards() -> None:
    # Given a tie for the first place, and a symbol that has not traded since the open
    market = table(
        row("A", pct_change=5, accumulated_volume=10, pct_change_since_open=1),
        row("B", pct_change=5, accumulated_volume=20, pct_change_since_open=2),
        row("C", pct_change=9, accumulated_volume=5, start_timestamp=at("09:00:00")),
    )

    # Then of equal scores the greater name ranks first, and gainers lacks that symbol
    assert market.ranks("A") == {"volume": (2, 3, 50), "gappers": (3, 3, 0), "gainers": (2, 2, 0)}
    assert market.ranks("B") == {"volume": (1, 3, 100), "gappers": (2, 3, 50), "gainers": (1, 2, 100)}
    assert market.ranks("C") == {"volume": (3, 3, 0), "gappers": (1, 3, 100)}
    assert market.ranks("D") == {}
    assert table(row("A")).ranks("A")["volume"] == (1, 1, 100)


def test_before_the_open_gainers_holds_all() -> None:
    pre = Session(TODAY, Phase.PRE)

    assert "gainers" in table(row("A", start_timestamp=at("09:00:00")), session=pre).ranks("A")
