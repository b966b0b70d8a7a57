"""A state read from Redis: where a fold begins that does not know the day so far."""

from collections.abc import Mapping
from typing import Any

from history.fold.state import NEWEST, REFERENCES, STAND_INS
from leaderboard.fields import STOOD_IN_FOR
from leaderboard.reference.figures import Reference
from leaderboard.reference.template import RowTemplate
from leaderboard.sessions import Phase
from leaderboard.store.record import Opening, Record

_ALL_STAND_IN = sum(STAND_INS.values())


def symbol_state(
    symbol: str,
    revision: int,
    record: bytes,
    row: Mapping[str, str],
    reference: Reference,
    profile_position: int,
) -> dict[str, Any]:
    """A symbol's row of a state, as :func:`history.fold.state.of_rows` takes it.

    Args:
        symbol: the symbol.
        revision: at which its record and its row were read, both at one moment.
        record: as :data:`leaderboard.keys.RECORDS` holds it.
        row: the numbers of its row, as :func:`leaderboard.row.numbers_of` reads them.
        reference: its reference data.
        profile_position: the position on the tape under which its volume profile is kept as learned.

    Raises:
        struct.error, ValueError: the record is none.
    """
    parsed = Record.parse(record)
    numbers = {name: float(text) for name, text in row.items()}
    template = RowTemplate(symbol, reference)
    # While new reference data has not reached the row, its stand-ins are those that it shows.
    stand_ins = _sum(template.stand_ins) if template.digest == parsed.digest else _shown(numbers)
    pre, regular = (parsed.openings.get(phase, Opening(0, 0, 0.0)) for phase in Phase)
    day = parsed.day
    return {
        "symbol": symbol,
        "revision": revision,
        "ranked": True,
        **{column.name: numbers.get(column.name, 0.0) for column in (*NEWEST, *REFERENCES)},
        "pre_open_start": pre.start,
        "pre_open_end": pre.end,
        "pre_open": pre.price,
        "regular_open_start": regular.start,
        "regular_open_end": regular.end,
        "regular_open": regular.price,
        "day_high": day.high,
        "high_at": day.high_at,
        "day_low": day.low,
        "pre_high": day.pre_high,
        "pre_low": day.pre_low,
        "regular_close_end": day.regular_end,
        "regular_close_volume": day.regular_volume,
        "regular_close_start": day.regular_start,
        "regular_close": day.regular_close,
        "stand_ins": stand_ins,
        "profile_position": profile_position if numbers.get("rvol_sessions") else 0,
    }


def _sum(stand_ins: str) -> int:
    return (int(stand_ins) or _ALL_STAND_IN) if stand_ins else 0


def _shown(numbers: Mapping[str, float]) -> int:
    return sum(
        STAND_INS[field.name] for field in STOOD_IN_FOR if numbers.get(field.name) == numbers.get(field.stand_in)
    )
