"""The tapes of several servers in one order."""

from collections.abc import Sequence

import pytest

from history.recorder.tapes.tape_merge import SOURCES, SourceEntry, TapeMerge, Unit, parse_sources
from leaderboard.sessions import Phase, Session
from leaderboard.tape.entries import Anchor
from tests.support.market import TODAY

PRE, REGULAR = Session(TODAY, Phase.PRE).number, Session(TODAY, Phase.REGULAR).number
YESTERDAY = Session.from_number(202611191).number
#: Where the tapes of two servers begin.
BEGUN = [Anchor(10, 5, REGULAR, 1000), Anchor(20, 7, REGULAR, 1000)]
BOTH = {0, 1}


def entry(
    server: int, position: int, counted: int, kind: str = "bars", clock: int = REGULAR, **fields: str
) -> SourceEntry:
    """An entry at a position and a revision of its server, with more fields."""
    texts = {"k": kind, "n": f"{server}:{position}", **fields}
    encoded = {name.encode(): text.encode() for name, text in texts.items()}
    return SourceEntry(server, Anchor(position, counted, clock, 1000 + position), encoded)


def tick(position: int, counted: int, first: str, others: str, kind: str = "tick", **fields: str) -> SourceEntry:
    """A tick that shows servers at these revisions."""
    return entry(0, position, counted, kind, REGULAR, revision=first, others=others, **fields)


@pytest.fixture
def merge() -> TapeMerge:
    return TapeMerge(100, REGULAR, 1000, BEGUN)


def names(units: Sequence[Unit]) -> list[str]:
    return [each.fields[b"n"].decode() for unit in units for each in unit]


def take(merge: TapeMerge, *entries: SourceEntry, at_once: bool = False, whole: set[int] = BOTH) -> list[Unit]:
    merge.add(entries)
    return merge.take(whole, at_once=at_once)


def test_what_a_tick_shows_goes_before_it_and_nothing_else(merge: TapeMerge) -> None:
    # Given entries of both servers, of which a tick that was read at revisions 6 and 8 shows some
    first = [entry(0, 12, 6), entry(0, 15, 7), tick(16, 7, "6", "8"), entry(0, 17, 7, "digests", slot="1")]
    second = [entry(1, 23, 8), entry(1, 26, 9)]
    # When they are merged
    units = take(merge, *first, *second)
    # Then the tick names the last entry that it shows, and comes with what came while it was made
    assert names(units) == ["0:12", "1:23", "0:15", "0:16", "0:17"]
    assert [len(unit) for unit in units] == [1, 1, 3]
    ticked = units[2][1].fields
    assert int(ticked[b"revision"]) == units[1][0].position == int(units[1][0].fields[b"r"])
    # And what it does not show waits for the next one
    assert merge.waiting == 3
    assert names(take(merge, tick(18, 7, "7", "9"))) == ["1:26", "0:18"]


def test_positions_count_bars_and_times_do_not_fall(merge: TapeMerge) -> None:
    merged = [each for unit in take(merge, entry(0, 12, 6), entry(1, 23, 8), at_once=True) for each in unit]
    assert [each.position for each in merged] == [102, 105]
    assert [int(each.fields[b"t"]) for each in merged] == [1012, 1023]
    # And each entry tells where to go on
    assert (
        parse_sources(merged[1].fields[SOURCES])
        == merge.sources
        == [entry(0, 12, 6).anchor, entry(1, 23, 8).anchor]
    )


def test_a_tick_waits_for_what_it_shows(merge: TapeMerge) -> None:
    # Given a tick that shows what its server's tape was not read for
    assert names(take(merge, tick(11, 5, "5", "8"), whole={0})) == []
    # When that is there, then both are taken
    assert names(take(merge, entry(1, 23, 8), whole={0})) == ["1:23", "0:11"]


@pytest.mark.parametrize("kind", ["tick", "screens"])
def test_a_tick_is_partial_if_it_need_not_wait_any_more(merge: TapeMerge, kind: str) -> None:
    digests = entry(0, 12, 5, "digests") if kind == "tick" else entry(0, 12, 5)
    units = take(merge, tick(11, 5, "5", "8", kind, screens="x 1"), digests, at_once=True, whole={0})
    # It has no digests
    assert names(units) == (["0:11"] if kind == "tick" else ["0:11", "0:12"])
    assert units[0][0].fields[b"partial"] == b"1"
    assert kind == "tick" or units[0][0].fields[b"screens"] == b""


def test_a_tick_that_cannot_be_gone_back_to_is_partial(merge: TapeMerge) -> None:
    # Given an entry that has waited for a tick for too long
    assert names(take(merge, entry(1, 23, 8), at_once=True)) == ["1:23"]
    # When a tick comes after all that does not show it
    (unit,) = take(merge, tick(11, 5, "5", "7"))
    # Then it is partial
    assert unit[0].fields[b"partial"] == b"1"


@pytest.mark.parametrize(("session", "is_partial"), [(REGULAR, True), (YESTERDAY, False)])
def test_a_server_that_was_left_out(session: int, is_partial: bool) -> None:
    # Given a server that shows this day, or still the one before
    merge = TapeMerge(100, REGULAR, 1000, [BEGUN[0], BEGUN[1]._replace(session=session)])
    # When a tick was made without it
    (unit,) = take(merge, tick(11, 5, "5", "-", session=f"{REGULAR}"))
    # Then its rows may count, or it has none
    assert (b"partial" in unit[0].fields) is is_partial


def test_so_may_the_first_server_be(merge: TapeMerge) -> None:
    merge = TapeMerge(100, REGULAR, 1000, [BEGUN[0]._replace(session=YESTERDAY), BEGUN[1]])
    behind = tick(11, 5, "-", "7", "screens", screens="", session=f"{REGULAR}")
    (unit,) = take(merge, behind._replace(anchor=behind.anchor._replace(session=YESTERDAY)))
    assert b"partial" not in unit[0].fields


def test_clocks_that_are_moved_alike_are_one_move(merge: TapeMerge) -> None:
    # Given a move of one server's session clock, and what it does then
    moved, then = entry(0, 11, 6, "move", PRE, keeps="1"), entry(0, 12, 7, clock=PRE)
    assert names(take(merge, moved, then)) == []
    # When the other one is moved too
    units = take(merge, entry(1, 21, 8, "move", PRE, keeps="1"), tick(13, 7, "7", "8"))
    # Then there is one move, and the session is another one from then on
    assert names(units) == ["1:21", "0:12", "0:13"]
    assert int(units[0][0].fields[b"s"]) == PRE


def test_clocks_that_are_moved_apart_are_stuck(merge: TapeMerge) -> None:
    take(merge, entry(0, 11, 6, "move", PRE, keeps="1"), entry(1, 21, 8, "move", PRE, keeps="0"), at_once=True)
    assert not merge.is_empty


def test_a_server_with_enough_entries_needs_no_more(merge: TapeMerge) -> None:
    # Given two entries of each server, of which the first one's are no tick
    take(merge, entry(0, 11, 6), entry(0, 12, 7), entry(1, 21, 8), entry(1, 22, 9))
    # Then the first one has to be read for the tick, the other one is not
    assert [merge.needs(server, 2) for server in (0, 1)] == [True, False]
    assert [merge.needs(server, 3) for server in (0, 1)] == [True, True]
    # When a tick is there behind them, then neither is
    merge.add([tick(13, 7, "7", "7")])
    assert [merge.needs(server, 2) for server in (0, 1)] == [False, False]


def test_a_move_of_one_clock_needs_that_of_the_other(merge: TapeMerge) -> None:
    # Given a move of one server's session clock, and enough entries of the other one
    take(merge, entry(0, 11, 6, "move", PRE, keeps="1"), entry(0, 12, 7, clock=PRE), entry(1, 21, 8))
    # Then the other one's move is looked for
    assert [merge.needs(server, 1) for server in (0, 1)] == [False, True]
