"""The reference data of a recorded day is what was learned, and what the rows were made with."""

from pathlib import Path

from history.database import database
from history.queries.references import references
from leaderboard.reference import PreviousDay, Profile, Reference, VolumeProfile
from leaderboard.reference.template import RowTemplate
from leaderboard.tape.entries import Figures, Learned, LearnedSymbol
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.market import TODAY

USUAL = VolumeProfile.of([100.0] * 193, 20)
NOT_TODAY = 20261119


def learned(
    position: int, symbol: str, previous: str, profile: str, volumes: bytes, day: int = 20261120
) -> Learned:
    what = {symbol: LearnedSymbol(previous, profile, volumes)}
    return Learned(position, 1, 202611201, 0, day, "v", what)


def test_what_was_learned_and_what_rows_were_made_with(tmp_path: Path) -> None:
    # Given reference data that was learned, some of it for the day before
    entries = [
        learned(1, "A", '{"close":8}', '{"avg_volume":5,"avg_volume_until":1.0}', USUAL.packed),
        learned(2, "A", '{"close":9}', "", b""),
        learned(3, "A", '{"close":7}', "null", b"", NOT_TODAY),
        learned(4, "B", "null", "", b""),
    ]
    # And symbols that traded: one with figures of its own, one of which a bar stands in for the close
    figures = dict.fromkeys(
        ("prev_day_open", "prev_day_high", "prev_day_low", "prev_day_vwap", "avg_volume", "rvol_sessions"), 0.0
    )
    known = Figures(
        ("prev_day_vwap",), {**figures, "prev_day_close": 4.0, "prev_day_volume": 0.0, "free_float": 6.0}
    )
    unknown = Figures(
        ("prev_day_close",), {**figures, "prev_day_close": 9.0, "prev_day_volume": 2.0, "free_float": 0}
    )
    bars = batch(7, ("C", "09:31:00"), ("D", "09:31:00"), references={0: known, 1: unknown})
    day = recorded(tmp_path, *entries, bars)
    # When they are read
    with database() as opened:
        day.views(opened)
        found = references(opened, TODAY)
    # Then each is what Redis had at the end
    assert found["A"] == Reference(PreviousDay(close=9.0), Profile(), USUAL)
    assert found["B"] == Reference()
    assert found["C"] == Reference(PreviousDay(close=4.0, volume=0.0), Profile(free_float=6.0))
    assert found["D"] == Reference(PreviousDay(volume=2.0))
    # And makes rows of the same stand-ins
    assert RowTemplate("D", found["D"]).stand_ins == "5"
