"""The reference data of a recorded day."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import msgspec

from history.archive.schema import LEARNED, REFERENCES, STATES
from history.database import Database
from history.fold.state import STAND_INS
from leaderboard.fields import FIELDS, Source
from leaderboard.reference import PreviousDay, Profile, Reference, VolumeProfile
from leaderboard.tape.entries import IN_EFFECT

# Of a figure its field of the row, its part of the reference data, and its name there.
_FIGURES = [
    (field.name, *field.figure.split("."))
    for field in FIELDS
    if field.source is Source.REFERENCE and not field.figure.startswith("volume_profile.")
]
_COLUMNS = ", ".join(name for name, _, _ in _FIGURES)
# Ends the names of what is stored beside a figure: when it expires.
_UNTIL = "_until"


def stood_in_for(bits: int) -> list[str]:
    """The fields for which a bar's values stand in.

    Args:
        bits: as :data:`history.fold.state.COLUMNS` has them.
    """
    return [name for name, bit in STAND_INS.items() if bits & bit]


def reference_of_row(
    row: Mapping[str, float], unknown: Collection[str], volume_profile: VolumeProfile
) -> Reference:
    """The reference data with which a row was made.

    Args:
        row: the row's reference fields.
        unknown: the fields for which the bar's values stand in.
        volume_profile: with which it was made.
    """
    known: dict[str, dict[str, float]] = {"previous": {}, "profile": {}}
    for field, part, figure in _FIGURES:
        # 0 is unknown, unless the bar would stand in for what is unknown.
        if (row[field] or field in STAND_INS) and field not in unknown:
            known[part][figure] = row[field]
    return Reference(PreviousDay(**known["previous"]), Profile(**known["profile"]), volume_profile)


def references(database: Database, day: date) -> dict[str, Reference]:
    """What was known of each symbol at the end of what is recorded, also of those that did not trade.

    Args:
        database: has the views of the day.
        day: the day.
    """
    learned = _learned(database, day)
    for symbol, unknown, values in _of_rows(database):
        profile = learned.get(symbol, Reference()).volume_profile
        learned[symbol] = reference_of_row(values, unknown, profile)
    return learned


def _learned(database: Database, day: date) -> dict[str, Reference]:
    """What was stored, by symbol."""
    newest = database.rows(f"""
        SELECT symbol,
            arg_max(previous, position) FILTER (previous != '' AND day = {day:%Y%m%d}),
            arg_max(profile, position) FILTER (profile != ''),
            arg_max(volume_profile, position) FILTER (octet_length(volume_profile) > 0)
        FROM {LEARNED.name} GROUP BY symbol
    """)
    return {
        symbol: Reference(
            msgspec.convert(_figures(previous), PreviousDay),
            msgspec.convert(_figures(profile), Profile),
            VolumeProfile.unpack(volumes) if volumes else VolumeProfile(),
        )
        for symbol, previous, profile, volumes in newest
    }


def _figures(text: str | None) -> dict[str, float]:
    """Parse figures as Redis holds them; nothing where the source did not know the symbol."""
    stored = (msgspec.json.decode(text, type=dict[str, float] | None) if text else None) or {}
    return {name: value for name, value in stored.items() if not name.endswith(_UNTIL)}


def _of_rows(database: Database) -> list[tuple[str, Collection[str], dict[str, float]]]:
    """Of each symbol that has traded, the fields that bars stand in for, and its row's reference fields."""
    names = [name for name, _, _ in _FIGURES]
    newest: list[tuple[Any, ...]] = database.rows(f"""
        SELECT DISTINCT ON (symbol) symbol, stand_ins, bits, {_COLUMNS} FROM (
            SELECT symbol, position, event, stand_ins, NULL AS bits, {_COLUMNS} FROM "{REFERENCES.name}"
            WHERE stand_ins IS NOT NULL AND contains('{IN_EFFECT}', outcome)
            UNION ALL
            SELECT symbol, position, 0, NULL, stand_ins, {_COLUMNS} FROM {STATES.name}
        ) ORDER BY symbol, position DESC, event DESC
    """)
    return [
        (
            symbol,
            stood_in_for(bits) if text is None else text.split(",") if text else [],
            dict(zip(names, values, strict=True)),
        )
        for symbol, text, bits, *values in newest
    ]
