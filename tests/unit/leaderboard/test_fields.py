"""The table of the row's fields: its formulas, and that it declares what other programs read."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.event import Event
from leaderboard.fields import BY_NAME, NAMES, TIE_BREAKS, Field, Source, Unit
from leaderboard.reference import PreviousDay, Profile, Reference

amounts = st.floats(0, allow_nan=False, allow_infinity=False)


def value(name: str, event: Event, reference: Reference) -> float:
    formula = BY_NAME[name].formula
    assert formula
    return formula(event, reference)


def event(close: float = 12.0, accumulated_volume: float = 500.0) -> Event:
    return Event("A", close, close, 0, 1000, accumulated_volume=accumulated_volume)


def test_the_row_has_the_fields_that_other_programs_read_in_their_order() -> None:
    assert ", ".join(NAMES) == (
        "symbol, volume, free_float, accumulated_volume, relative_volume, official_open_price, vwap, open, close, "
        "high, low, aggregate_vwap, average_size, avg_volume, prev_day_close, prev_day_open, prev_day_high, "
        "prev_day_low, prev_day_volume, prev_day_vwap, change, pct_change, change_since_open, "
        "pct_change_since_open, start_timestamp, end_timestamp, day_high, day_low, high_at, pre_high, pre_low, "
        "regular_close, pct_change_after_hours, dollar_volume, rvol, rvol_sessions"
    )


def test_ties_are_broken_in_the_order_that_every_release_uses() -> None:
    assert ", ".join(TIE_BREAKS) == (
        "close, high, low, volume, vwap, aggregate_vwap, average_size, official_open_price"
    )


def test_changes_are_measured_from_the_previous_close() -> None:
    known = Reference(PreviousDay(close=8.0), Profile(avg_volume=200.0))

    assert value("change", event(), known) == 4.0
    assert value("pct_change", event(), known) == 50.0
    assert value("relative_volume", event(), known) == 2.5


@pytest.mark.parametrize("name", ["change", "pct_change", "relative_volume"])
@pytest.mark.parametrize("unknown", [Reference(), Reference(PreviousDay(close=0.0), Profile(avg_volume=0.0))])
def test_what_is_measured_against_the_unknown_is_zero(name: str, unknown: Reference) -> None:
    assert value(name, event(), unknown) == 0


@given(amounts, amounts)
def test_quotients_of_amounts_stay_within_a_double(amount: float, base: float) -> None:
    known = Reference(PreviousDay(close=base), Profile(avg_volume=base))
    for name in ("change", "pct_change", "relative_volume"):
        assert math.isfinite(value(name, event(close=amount, accumulated_volume=amount), known))


@pytest.mark.parametrize("source", [Source.EVENT, Source.FORMULA, Source.OPEN, Source.REFERENCE])
def test_a_field_without_what_its_source_needs_stops_the_program(source: Source) -> None:
    with pytest.raises(ValueError, match="field made_up: its declaration lacks"):
        Field("made_up", Unit.DOLLARS, source)
