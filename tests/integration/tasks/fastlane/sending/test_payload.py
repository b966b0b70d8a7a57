"""Arguments, as they read back on the other side."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu import serialization
from kombu.exceptions import EncodeError
from kombu.utils.json import loads
from redis import Redis

from tasks.fastlane.sending import payload
from tests.support.senders import app_on, events, messages, task_on


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


class Name(StrEnum):
    JOE = "joe"


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from([2**63, -(2**63) - 1, 2**64, 10**400, -0.0, 1e15, 1e16, 5e-324, "null", "x null y"])
)

OTHERS = (
    st.datetimes()
    | st.dates()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.binary()
    | st.sampled_from([Size.LARGE, Name.JOE, datetime(2026, 1, 1, tzinfo=UTC), date.min, Decimal("1.10")])
)

KEYS = st.text(st.characters(exclude_categories=())) | st.integers() | st.floats() | st.booleans() | st.none()

PAYLOADS = st.recursive(
    SCALARS | OTHERS,
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(KEYS | st.just(Name.JOE), inner),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    """Equal in value and type, with NaN equal to NaN and 0.0 different from -0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return repr(a) == repr(b)
    return bool(a == b)


@given(
    args=st.lists(PAYLOADS | st.dictionaries(st.text(), SCALARS), max_size=3),
    kwargs=st.dictionaries(st.text(), PAYLOADS),
)
def test_whatever_is_sent_reads_back_as_from_celery(args: list[Any], kwargs: dict[str, Any]) -> None:
    # Given what Celery's own message would carry, but for the third part that has nothing in it
    try:
        _, _, text = serialization.dumps((args, kwargs, {}), serializer="json")
    except EncodeError:
        # Then what it refuses is refused
        with pytest.raises(EncodeError):
            payload.encode(args, kwargs)
        return
    # Then ours reads back as the same
    assert same(loads(payload.encode(args, kwargs)), loads(text))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"v": x, "n": None, "s": "null"}, lambda x: [{"v": x}]])
def test_what_is_no_number_never_becomes_null(value: float, wrap: Callable[[Any], Any]) -> None:
    assert same(loads(payload.encode([wrap(value)], {}))[0][0], wrap(value))


def test_another_json_serializer_is_not_bypassed(url: str, broker: Redis) -> None:
    # Given a project that has registered an encoder of its own under the name
    before = serialization.registry._encoders["json"]  # type: ignore[attr-defined]
    serialization.register("json", lambda _: '[["mine"], {}, {}]', loads, "application/json", "utf-8")
    try:
        # When a task is called
        task_on(app_on(url)).delay("event")
    finally:
        serialization.register("json", before.encoder, loads, before.content_type, before.content_encoding)
    # Then it is used
    assert [events(each) for each in messages(broker)] == ["mine"]
