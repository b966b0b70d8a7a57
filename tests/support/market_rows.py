"""Rows and changes of the market's table, made by hand."""

from collections.abc import Sequence
from typing import Any

import msgspec

from leaderboard.fields import FIELDS
from leaderboard.market.change_feed import Changes
from leaderboard.sessions import Phase, Session
from tests.support.market import TODAY, at

REGULAR = Session(TODAY, Phase.REGULAR)


def row(symbol: str, **numbers: float) -> dict[str, Any]:
    """A row whose other fields are 0; its bar is of 10:00."""
    fields: dict[str, Any] = {field.name: 0 for field in FIELDS}
    return (
        fields
        | {"start_timestamp": at("10:00:00"), "end_timestamp": at("10:00:01")}
        | numbers
        | {"symbol": symbol}
    )


def changes(
    rows: Sequence[dict[str, Any]], *, since: int = 0, revision: int = 1, session: Session | None = REGULAR
) -> Changes:
    """Changes of rows, all at one revision."""
    return Changes(
        session,
        since,
        revision,
        at("10:00:02"),
        [each["symbol"] for each in rows],
        [revision] * len(rows),
        [msgspec.json.encode(each) for each in rows],
    )
