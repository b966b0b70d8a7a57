"""Events: both spellings, what counts as absent, and what is refused with which reason."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from leaderboard.event import Event, parse_json
from leaderboard.reason_kind import ReasonKind
from leaderboard.validation import validate
from tests.support.messages.malformed import MALFORMED

NOW = 1_788_877_045_000
WIRE = {
    "ev": "A",
    "sym": "FCX",
    "v": 4989,
    "av": 4332125,
    "op": 75.98,
    "vw": 78.0894,
    "o": 78.1,
    "c": 78.08,
    "h": 78.125,
    "l": 78.07,
    "a": 76.8404,
    "z": 62,
    "s": 1788877043000,
    "e": 1788877044000,
}
LONG = {
    "event_type": "A",
    "symbol": "FCX",
    "volume": 4989,
    "accumulated_volume": 4332125,
    "official_open_price": 75.98,
    "vwap": 78.0894,
    "open": 78.1,
    "close": 78.08,
    "high": 78.125,
    "low": 78.07,
    "aggregate_vwap": 76.8404,
    "average_size": 62,
    "start_timestamp": 1788877043000,
    "end_timestamp": 1788877044000,
}


def only(payload: Any, text: bytes | None = None) -> Event:
    events, refused = validate([payload], NOW, texts=[text] if text else [])
    assert refused == []
    return events[0]


def test_both_spellings_are_the_same_event() -> None:
    assert only(WIRE) == only(LONG)


def test_decimal_strings_are_preferred() -> None:
    # Given volumes said twice, the second time with their fractions
    event = only(WIRE | {"dv": "4989.25", "dav": "4332125.038360"})

    # Then the exact ones count
    assert (event.volume, event.accumulated_volume) == (4989.25, 4332125.03836)


def test_null_decimal_strings_count_as_absent() -> None:
    event = only(WIRE | {"dv": None, "dav": None})

    assert (event.volume, event.accumulated_volume) == (4989, 4332125)


@pytest.mark.parametrize("absent", [{}, {"op": None, "vw": None, "v": None, "z": None, "h": None}])
def test_absent_and_null_fields_count_as_zero(absent: dict[str, None]) -> None:
    event = only({"sym": "A", "c": 5, "o": 4} | absent)

    assert (event.official_open_price, event.vwap, event.volume, event.average_size, event.high) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("opens", [{}, {"o": None}, {"o": 0}, {"o": -0.0}, {"open": 0.0}, {"open": 0, "o": 4}])
@pytest.mark.parametrize("times", [{}, {"s": NOW, "e": NOW}])
def test_an_open_that_is_absent_or_zero_is_the_close(opens: dict[str, Any], times: dict[str, int]) -> None:
    payload = {"sym": "A", "c": 5} | opens | times

    # However it is validated
    assert only(payload).open == 5
    assert only(payload, text=json.dumps(payload).encode()).open == 5


def test_a_price_of_zero_is_as_good_as_none() -> None:
    # Given a bar whose prices are 0, and one that has none but its close, which is 0 as well
    zero = only(dict.fromkeys(["o", "c", "h", "l", "vw", "op"], 0) | {"sym": "A"})

    # Then they are the same event, without an open
    assert zero == only({"sym": "A", "c": 0})
    assert zero.open == 0


def test_absent_timestamps_are_the_time_of_receipt() -> None:
    event = only({"sym": "A", "c": 5, "s": None})

    assert (event.start_timestamp, event.end_timestamp) == (NOW, NOW)


def test_a_vwap_outside_low_and_high_is_valid() -> None:
    assert only(WIRE | {"vw": 80.5}).vwap == 80.5


def test_unknown_fields_are_ignored() -> None:
    assert only(WIRE | {"n": 12, "extra": {"deep": []}}) == only(WIRE)


@pytest.mark.parametrize("symbol", ["A", "brk.b", "BTC-USD", "ES=F", "A^B", "A/B_C+D", "9988", "X" * 24])
def test_symbols_of_all_markets_are_valid(symbol: str) -> None:
    assert only({"sym": symbol, "c": 1}).symbol == symbol


@pytest.mark.parametrize(("payload", "reason"), MALFORMED)
def test_what_is_malformed_is_refused_with_its_reason(payload: Any, reason: str) -> None:
    # Given a malformed event between two good ones
    events, refused = validate([WIRE, payload, LONG], NOW)

    # Then it alone is refused, and the reason names what was wrong
    assert [event.symbol for event in events] == ["FCX", "FCX"]
    assert [each.payload for each in refused] == [payload]
    assert reason in refused[0].reason


def test_each_refusal_is_of_the_kind_of_what_was_wrong_first() -> None:
    def kind(payload: Any) -> ReasonKind:
        (refused,) = validate([payload], NOW)[1]
        return refused.kind

    for payload, reason in MALFORMED:
        first = reason.partition(":")[0]
        if first == "valid dictionary":
            assert kind(payload) is ReasonKind.NO_EVENT
        elif first == "in the future":
            assert kind(payload) is ReasonKind.FUTURE
        elif first.endswith("_timestamp"):
            assert kind(payload) is ReasonKind.TIMESTAMP
        elif payload.get("sym") != "A":
            assert kind(payload) is ReasonKind.SYMBOL, payload
        else:
            assert kind(payload) is ReasonKind.FIELD, payload


@pytest.mark.parametrize("field", ["s", "e", "start_timestamp", "end_timestamp"])
@pytest.mark.parametrize("time", [1795891998, 1795891998.5, 1795891998000.5, "1795891998000", 1795891998 * 10**6])
def test_a_time_that_is_no_whole_milliseconds_is_refused(field: str, time: Any) -> None:
    # Given an event whose one time is in another unit or of another type
    payload = {"sym": "A", "c": 1.0, "o": 1.0, "s": NOW, "e": NOW} | {field: time}

    # Then it is refused, as JSON and as a dict, also where time is what the events say
    for texts in ([json.dumps(payload).encode()], []):
        events, refused = validate([payload], NOW, texts=texts, allow_future=True)
        assert events == []
        assert "Unix milliseconds are expected" in refused[0].reason


def test_milliseconds_of_the_years_2000_to_2099_are_times() -> None:
    for time in (946684800000, 4102444799999, 1795891998000.0):
        event = validate([{"sym": "A", "c": 1, "s": time, "e": time}], NOW, allow_future=True)[0][0]
        assert (event.start_timestamp, event.end_timestamp) == (time, time)


_values = st.one_of(
    st.none(),
    st.integers(-1, NOW),
    st.floats(),
    st.sampled_from(["A", "AM", "FCX", "12.5", "x", "", True, float(NOW), NOW, NOW // 1000, [], 4989]),
)
_payloads = st.dictionaries(st.sampled_from([*WIRE, *LONG, "dv", "dav", "otc", "extra"]), _values).map(
    # Often close to a sound event, seldom far from one
    lambda fields: WIRE | fields if len(fields) < 4 else fields
)


@settings(max_examples=500)
@given(st.lists(_payloads, min_size=1, max_size=3))
def test_json_is_judged_as_its_dict_is(payloads: list[dict[str, Any]]) -> None:
    # Given any payloads in JSON
    texts = [json.dumps(payload).encode() for payload in payloads]
    events, refused = validate(payloads, NOW, texts=texts, allow_future=True)

    # Then they are the same events as from dicts, and the others are refused with the same reasons
    events_of_dicts, refused_of_dicts = validate(payloads, NOW, allow_future=True)
    assert events == events_of_dicts
    assert [each.reason for each in refused] == [each.reason for each in refused_of_dicts]


@pytest.mark.parametrize("decimals", [{"dv": "4989.5"}, {"dav": "4332125.25"}, {"dv": "0", "dav": "1.5"}])
@pytest.mark.parametrize("escaped", [False, True])
def test_the_live_feeds_decimals_are_plain(decimals: dict[str, str], escaped: bool) -> None:
    # Given an event as the live feed sends it, beside one without
    texts = [json.dumps(event).encode() for event in (WIRE | decimals, WIRE)]

    # However their names are written
    texts[0] = texts[0].replace(b'"d', b'"\\u0064') if escaped else texts[0]

    # Then both are parsed together, and its decimals count
    events = parse_json(texts)
    assert events == [
        replace(
            only(WIRE),
            volume=float(decimals.get("dv", 4989)),
            accumulated_volume=float(decimals.get("dav", 4332125)),
        ),
        only(WIRE),
    ]


@settings(max_examples=500)
@given(_payloads)
def test_what_an_event_is_read_as_does_not_hang_on_its_neighbours(payload: dict[str, Any]) -> None:
    # Given any payload, alone, and beside one that does not say everything once and plainly
    alone = validate([payload], NOW, allow_future=True)
    beside = validate([payload, WIRE | {"dv": "1.5", "op": None}], NOW, allow_future=True)

    # Then it is the same event, or refused with the same reason
    assert beside[0][:-1] == alone[0]
    assert [each.reason for each in beside[1]] == [each.reason for each in alone[1]]


def test_a_minute_ahead_is_the_future_unless_time_is_what_events_say() -> None:
    # Given events at the edge of what a clock's error explains, and beyond
    near, far = WIRE | {"e": NOW + 60_000}, WIRE | {"e": NOW + 60_001}

    # Then the one beyond is refused by the wall clock
    events, refused = validate([near, far], NOW)
    assert [event.end_timestamp for event in events] == [NOW + 60_000]
    assert [each.payload for each in refused] == [far]
    assert "in the future" in refused[0].reason

    # And none when replaying
    assert len(validate([near, far], NOW, allow_future=True)[0]) == 2
