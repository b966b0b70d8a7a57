"""The fold's boards are the oracle's, whatever the bars and however they are portioned."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.archive.rows import arrays_of
from history.archive.schema import SESSIONS
from history.fold.market_fold import MarketFold
from leaderboard.boards import BOARDS
from leaderboard.reference import Reference
from leaderboard.sessions import Phase, Session
from tests.support.folded_tables import TapeTables, fold_of, shown
from tests.support.market import TODAY, at
from tests.support.oracle import expected
from tests.support.random_bars import bars_of_two_days, columns, market, references

SYMBOLS = ["A", "B", "AMpB", "AMPB", "C.D"]


def agree(payloads: list[dict[str, Any]], known: dict[str, Reference], seed: int) -> None:
    rng = random.Random(seed)
    tape = TapeTables(known)

    fold = fold_of(tape, payloads, rng)

    oracle = expected(payloads, {symbol: columns(reference) for symbol, reference in known.items()})
    assert shown(fold) == {board.name: oracle.ranked(board.name) for board in BOARDS}
    # What goes on from its state shows the same.
    again = MarketFold.of_state(
        fold.state(), fold.session.number if fold.session else 0, fold.revision, tape.profiles
    )
    again.settle()
    assert [again.snapshot(board, 500) for board in BOARDS] == [fold.snapshot(board, 500) for board in BOARDS]


of_market = given(
    bars_of_two_days(SYMBOLS, 25),
    st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=4),
    st.integers(0, 1000),
)


@settings(max_examples=25)
@of_market
def test_the_folds_boards_are_the_oracles(
    payloads: list[dict[str, Any]], known: dict[str, Reference], seed: int
) -> None:
    agree(payloads, known, seed)


@pytest.mark.slow
@settings(max_examples=2000)
@of_market
def test_the_folds_boards_are_the_oracles_in_many_markets(
    payloads: list[dict[str, Any]], known: dict[str, Reference], seed: int
) -> None:
    agree(payloads, known, seed)


def test_a_board_has_as_many_rows_as_are_published() -> None:
    # Given more symbols than a board has rows, some with equal scores
    payloads = market(random.Random(3), 700, 1500)

    # When
    fold = fold_of(TapeTables({}), payloads, random.Random(4))

    # Then
    oracle = expected(payloads)
    assert shown(fold) == {board.name: oracle.ranked(board.name) for board in BOARDS}


def test_an_entry_none_of_whose_bars_count_may_have_rolled_the_session() -> None:
    # Given a bar of the pre-market
    tape = TapeTables({})
    fold = fold_of(tape, [{"sym": "A", "s": at("09:29:58"), "e": at("09:29:59"), "c": 2.0}], random.Random(7))
    assert shown(fold)["gainers"]

    # When a bar of a symbol beyond the bound opens the regular session
    row = {"position": 9, "revision": 9, "session": Session(TODAY, Phase.REGULAR).number, "kind": "bars"}
    fold.apply({SESSIONS.name: arrays_of(SESSIONS, [row])}, 9)
    fold.settle()

    # Then the gainers of the pre-market are gone, and the volume board stays
    assert shown(fold)["gainers"] == []
    assert shown(fold)["volume"]


def test_a_symbol_that_trades_changes_its_row_only() -> None:
    # Given a market that was settled
    tape = TapeTables({})
    fold = fold_of(tape, market(random.Random(5), 20, 200), random.Random(6))

    # When one symbol trades
    bar = {"sym": "S3", "s": at("19:59:59"), "e": at("20:00:00"), "c": 1.0, "av": 10**9}
    fold.apply(tape.tables([bar]), tape.position + 1)

    # Then
    assert [fold.table.symbols[row] for row in fold.settle()] == ["S3"]
