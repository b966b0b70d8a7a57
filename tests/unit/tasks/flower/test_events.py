"""Which events Flower takes."""

from typing import Any

import pytest

from tasks.flower.events import validate_event
from tests.support.flower_events import BARS, HEARTBEAT, STARTED


@pytest.mark.parametrize("event", [HEARTBEAT, STARTED, BARS], ids=["heartbeat", "task", "bars"])
def test_workers_events_are_unchanged_and_unknown_fields_dropped(event: dict[str, Any]) -> None:
    assert validate_event(event) == event
    assert validate_event(event | {"heartbeats": "x", "event": 1}) == event


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("freq", "2.0"),
        ("freq", 0),
        ("freq", float("nan")),
        ("active", "1"),
        ("active", 1.5),
        ("timestamp", 10**400),
        ("timestamp", 1_795_000_000_500),
        ("clock", "17"),
        ("loadavg", [1, "x"]),
        ("hostname", ""),
        ("hostname", 17),
        ("type", "worker-heartbeats"),
        ("type", ["worker-heartbeat"]),
    ],
)
def test_an_event_with_an_invalid_field_is_rejected(field: str, wrong: object) -> None:
    with pytest.raises(ValueError, match=rf"{field}|type"):
        validate_event(HEARTBEAT | {field: wrong})


@pytest.mark.parametrize("field", ["incarnation", "succeeded", "failed", "in_flight"])
@pytest.mark.parametrize("wrong", ["1", -1, 1.0, True, None, 2**63, [1]])
def test_a_report_of_bars_with_an_invalid_count_is_rejected(field: str, wrong: object) -> None:
    with pytest.raises(ValueError, match=field):
        validate_event(BARS | {field: wrong})
    with pytest.raises(ValueError, match=field):
        validate_event({name: value for name, value in BARS.items() if name != field})
