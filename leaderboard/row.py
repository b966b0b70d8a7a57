"""Makes rows from events, and events from stored rows. :mod:`leaderboard.fields` declares the fields of a row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, Self

import msgspec

from leaderboard.day_values import DayValues
from leaderboard.doubles import is_number, texts
from leaderboard.event import Event
from leaderboard.fields import CHANGING, FIELDS, NAMES, Source
from leaderboard.reference.template import RowTemplate

_NUMERIC = frozenset(field.name.encode() for field in FIELDS if field.is_number)
#: How many fields of a row hold numbers.
NUMBERS = len(_NUMERIC)

_of_event = attrgetter("open", *(field.name for field in CHANGING if field.source is Source.EVENT))
_FORMULAS = [field.formula for field in CHANGING if field.formula]
_OPEN_FORMULAS = [field.open_formula for field in CHANGING if field.open_formula]


def changing_texts(
    events: Sequence[Event], templates: Sequence[RowTemplate], opens: Sequence[float]
) -> Iterator[tuple[str, ...]]:
    """For each event the text of its own open price, then those of :data:`leaderboard.fields.CHANGING`.

    Args:
        events: at least one.
        templates: for each, the template of its symbol on its day.
        opens: for each, the open price of its session.
    """
    numbers: list[float] = []
    for event, template, session_open in zip(events, templates, opens, strict=True):
        numbers += _of_event(event)
        reference, close = template.reference, event.close
        for formula in _FORMULAS:
            numbers.append(formula(event, reference))
        for open_formula in _OPEN_FORMULAS:
            numbers.append(open_formula(close, session_open))
    return zip(*[iter(texts(numbers))] * (1 + len(CHANGING)), strict=True)


def event_of(row: Mapping[str, str]) -> Event:
    """The event of which a stored row was made; its open price is the session's.

    A field that the row lacks, as one of an older release may, is 0; a missing open price is the close.
    """
    values: dict[str, Any] = {name: _READ.get(name, float)(row.get(name, "0")) for name in _OF_EVENT_ITSELF}
    return Event(**values | {"open": float(row.get("open", values["close"]))})


class StoredRow(NamedTuple):
    """A row read back.

    Attributes:
        event: of which it was made; its open price is the session's.
        day: what the row says of the day of its bar.
    """

    event: Event
    day: DayValues

    @classmethod
    def of(cls, row: Mapping[str, str]) -> Self:
        """Of a row's texts, its symbol among them; a field that it lacks is 0."""
        return cls(event_of(row), DayValues.of_row(row))


def numbers_of(stored: Mapping[bytes, bytes]) -> dict[str, str]:
    """The numbers of a row's hash, as texts. Other programs' fields and what is no number are left out."""
    return {name.decode(): text.decode() for name, text in stored.items() if name in _NUMERIC and is_number(text)}


def numbers_of_quote(quote: bytes) -> dict[str, str]:
    """The numbers of a quote, as texts; none where it is no JSON object."""
    try:
        fields = _quote(quote)
    except msgspec.DecodeError:
        return {}
    return numbers_of({name.encode(): bytes(text) for name, text in fields.items()})


_quote = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_OF_EVENT_ITSELF = [name for name in NAMES if name in Event.__struct_fields__]
_READ: Mapping[str, Callable[[str], str | float]] = {
    "symbol": str,
    "start_timestamp": lambda text: int(float(text)),
    "end_timestamp": lambda text: int(float(text)),
}
