"""Conditions and selections: what can be written, and the sentence for each mistake."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.boards import Order
from leaderboard.fields import BY_NAME, NAMES, SELECTABLE, WINDOWS
from leaderboard.market.selection import Bounds, Condition, ConditionError, Operator, Selection, SelectionError
from leaderboard.sessions import Hours

conditions = st.builds(
    Condition,
    st.sampled_from(SELECTABLE),
    st.sampled_from(Operator),
    # Minus zero is written as zero.
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0),
    st.sampled_from((None, *SELECTABLE)),
)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("close >= 2", Condition("close", Operator.AT_LEAST, 2)),
        ("close>=2", Condition("close", Operator.AT_LEAST, 2)),
        ("  free_float\t<=20e6 ", Condition("free_float", Operator.AT_MOST, 20e6)),
        ("accumulated_volume > 10_000", Condition("accumulated_volume", Operator.GREATER, 10_000)),
        ("pct_change<-3", Condition("pct_change", Operator.LESS, -3)),
        ("pct_change_5m != .5", Condition("pct_change_5m", Operator.UNEQUAL, 0.5)),
        ("close == open", Condition("close", Operator.EQUAL, 1, "open")),
        ("close >= 0.99 * high", Condition("close", Operator.AT_LEAST, 0.99, "high")),
        ("close>=-1e-3*high", Condition("close", Operator.AT_LEAST, -0.001, "high")),
    ],
)
def test_a_condition_compares_a_field_with_a_number_or_a_field(text: str, condition: Condition) -> None:
    assert Condition.parse(text) == condition


@given(conditions)
def test_a_condition_reads_back_as_it_was_written(condition: Condition) -> None:
    if condition.other and condition.factor == 1:
        assert " * " not in str(condition)
    assert Condition.parse(str(condition)) == condition


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' does not begin with a field; a condition is like close >= 2"),
        ("2 <= close", "'2 <= close' does not begin with a field; a condition is like close >= 2"),
        ("clsoe > 1", "'clsoe > 1': there is no field 'clsoe'; similar: close"),
        ("zzz > 1", "'zzz > 1': there is no field 'zzz'"),
        ("symbol == 5", "'symbol == 5': symbol is a text, which is neither compared nor ranked"),
        ("close", "'close': an operator has to follow close: one of <, <=, >, >=, ==, !="),
        ("close is 5", "'close is 5': an operator has to follow close: one of <, <=, >, >=, ==, !="),
        ("close = 5", "'close = 5': there is no operator '=', only <, <=, >, >=, ==, !="),
        ("close \u2265 5", "'close \\u2265 5': there is no operator '\\u2265', only <, <=, >, >=, ==, !="),
        ("close >=", "'close >=': a number or a field has to follow the operator"),
        ("close >= two", "'close >= two': there is no field 'two'"),
        (
            "close >= '2'",
            "\"close >= '2'\": \"'2'\" is not a number; numbers are like 2, 0.99, 10_000 or 20e6",
        ),
        ("close >= 5M", "'close >= 5M': '5M' is not a number; numbers are like 2, 0.99, 10_000 or 20e6"),
        ("close >= 1__0", "'close >= 1__0': '1__0' is not a number; numbers are like 2, 0.99, 10_000 or 20e6"),
        ("close >= nan", "'close >= nan': 'nan' is not a finite number"),
        ("close >= -inf", "'close >= -inf': '-inf' is not a finite number"),
        ("close >= 1e999", "'close >= 1e999': '1e999' is not a finite number"),
        ("close >= high * 2", "'close >= high * 2': 'high * 2' is not a number * a field"),
        ("close >= 2 * 3", "'close >= 2 * 3': '2 * 3' is not a number * a field"),
        ("close >= 2 * hihg", "'close >= 2 * hihg': there is no field 'hihg'; similar: high"),
        ("close >= 2 and open >= 2", "'close >= 2 and open >= 2': '2 and open >= 2' is not a number"),
        ("close >= \u0663", "'close >= \\u0663': '\\u0663' is not a number"),
        ("close >= " + "9" * 10_000, "a condition has at most 200 characters, this one 10,009"),
    ],
)
def test_each_mistake_in_a_condition_has_its_sentence(text: str, reason: str) -> None:
    with pytest.raises(ConditionError) as error:
        Condition.parse(text)

    assert str(error.value).startswith(reason)
    assert error.value.parameter == "where"
    assert len(str(error.value)) < 200


@given(st.text())
def test_no_text_is_read_as_a_condition_of_another_field(text: str) -> None:
    # No other error than a mistake's comes of any text
    with contextlib.suppress(ConditionError):
        assert Condition.parse(text).field in text


def test_a_selection_is_made_of_texts() -> None:
    # When all parts are given
    selection = Selection.parse(
        "pct_change_1m", "ascending", ["close > 1"], ["pre", "post"], 20, 5, Bounds(limit=20, offset=5)
    )

    # Then it has them
    assert selection == Selection(
        "pct_change_1m",
        Order.ASCENDING,
        (Condition("close", Operator.GREATER, 1),),
        (Hours.PRE, Hours.POST),
        20,
        5,
    )


@pytest.mark.parametrize(
    ("parts", "parameter", "reason"),
    [
        ({"by": "pct_chnage"}, "by", "there is no field 'pct_chnage'; similar: pct_change"),
        ({"by": "symbol"}, "by", "symbol is a text, which is neither compared nor ranked"),
        ({"order": "up"}, "order", "'up' is not one of descending, ascending"),
        (
            {"by": "accumulated_volume", "order": "ascending"},
            "order",
            "accumulated_volume only rises during a day",
        ),
        ({"where": ["close > 1"] * 21}, "where", "at most 20 conditions are allowed, not 21"),
        ({"where": ["close ~ 1"]}, "where", "'close ~ 1': there is no operator '~'"),
        ({"hours": ["closed"]}, "hours", "'closed' is not one of pre, regular, post"),
        ({"limit": 0}, "limit", "limit has to be from 1 to 500, not 0"),
        ({"limit": 501}, "limit", "limit has to be from 1 to 500, not 501"),
        ({"offset": -1}, "offset", "offset has to be from 0 to 0, not -1"),
    ],
)
def test_each_mistake_in_a_selection_names_its_part(parts: dict[str, object], parameter: str, reason: str) -> None:
    with pytest.raises(SelectionError) as error:
        Selection.parse(**{"by": "close"} | parts)  # type: ignore[arg-type]

    assert str(error.value).startswith(reason)
    assert error.value.parameter == parameter


def test_windows_compare_fields_of_the_row_and_are_named_otherwise() -> None:
    for window in WINDOWS:
        assert BY_NAME[window.field].is_number
        assert window.name not in NAMES
        assert window.is_percent or window.unit is BY_NAME[window.field].unit
