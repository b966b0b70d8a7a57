"""The closes of a session, of all symbols."""

import json
import math
from pathlib import Path

import pytest

from history.errors import NothingRecordedError
from history.queries.closes import session_closes
from tests.support.made_day import MadeDay, made_day
from tests.support.market import TODAY, at


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    """A day of 35 seconds from 09:29:50 on."""
    return made_day(tmp_path_factory.mktemp("history"), 35)


def test_closes_are_those_that_were_published(day: MadeDay) -> None:
    # When the closes of spans of five seconds are asked for
    start = at("09:30:00")
    closes = session_closes(day.history, TODAY, start, 5_000, 4)

    # Then each is that of the quote at the end of its span, if a bar ended in it
    for span in range(4):
        end = start + (span + 1) * 5_000
        rows = {row["symbol"]: row for row in json.loads(day.published[end]["volume"])}
        for symbol, row in rows.items():
            is_of_span = end - 5_000 < row["end_timestamp"] <= end
            close = closes[symbol][span] if symbol in closes else math.nan
            assert (close == row["close"]) if is_of_span else math.isnan(close)


def test_of_a_day_that_is_not_recorded_nothing_is_known(tmp_path: Path) -> None:
    with pytest.raises(NothingRecordedError):
        session_closes(tmp_path, TODAY, 0, 60_000, 1)
