"""The answers of the Massive REST API, parsed leniently.

Fields may be absent, null, or zero for a ticker that has not traded; numbers may come as strings and strings as
numbers; new fields may appear. A record that still cannot be read is skipped, and the others are kept.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import msgspec

from leaderboard.brief import brief
from leaderboard.event import EARLIEST_TIMESTAMP, LATEST_TIMESTAMP
from leaderboard.reference.figures import PreviousDay
from leaderboard.reference.source import SourceError
from leaderboard.sessions import NEW_YORK


class Bar(msgspec.Struct):
    """A daily bar: the previous day in a snapshot, or one of a ticker's daily bars.

    Attributes:
        t: Unix milliseconds of its start.
        dv: the exact volume; `v` is rounded.
    """

    t: int | None = None
    o: float | None = None
    h: float | None = None
    l: float | None = None  # noqa: E741 - the wire's name
    c: float | None = None
    v: float | None = None
    vw: float | None = None
    dv: float | None = None

    @property
    def volume(self) -> float | None:
        return figure(self.dv) or figure(self.v)

    @property
    def day(self) -> date | None:
        # Beyond these it is not in milliseconds.
        if self.t is None or not EARLIEST_TIMESTAMP <= self.t < LATEST_TIMESTAMP:
            return None
        return datetime.fromtimestamp(self.t / 1000, NEW_YORK).date()

    def previous_day(self) -> PreviousDay:
        return PreviousDay(
            figure(self.o), figure(self.h), figure(self.l), figure(self.c), self.volume, figure(self.vw)
        )


class MarketBar(Bar, kw_only=True):
    """A daily bar in the answer about the whole market."""

    T: str

    @property
    def ticker(self) -> str:
        return self.T


class Snapshot(msgspec.Struct):
    """A ticker in the market's snapshot."""

    ticker: str
    prev_day: Bar | None = msgspec.field(default=None, name="prevDay")


class Float(msgspec.Struct):
    """A ticker's free float, in shares."""

    ticker: str
    free_float: float | None = None


Record = TypeVar("Record")


class _Body(msgspec.Struct, Generic[Record]):
    status: Any = None
    error: Any = None
    results: list[Record] | None = None
    tickers: list[Record] | None = None
    next_url: str | None = None


@dataclass(frozen=True)
class Answer(Generic[Record]):
    """One answer.

    Attributes:
        records: those that could be read.
        unread: the others, as received.
        next_url: the next page.
    """

    records: list[Record]
    unread: list[bytes]
    next_url: str | None


def read(body: bytes, kind: type[Record]) -> Answer[Record]:
    """Parse an answer whose records are of type `kind`.

    Raises:
        SourceError: it is not an answer as documented, or it reports an error.
    """
    try:
        answer, unread = _decoded(body, kind)
    except msgspec.ValidationError as error:
        raise SourceError(f"not an answer as documented ({error}): {brief(body)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"no JSON ({error}): {brief(body)}") from error
    if answer.status == "ERROR":
        raise SourceError(f"an error: {brief(answer.error)}")
    return Answer(answer.results or answer.tickers or [], unread, answer.next_url)


def _decode(body: bytes, kind: Any) -> _Body[Any]:
    return msgspec.json.decode(body, type=_Body[kind], strict=False)


def _decoded(body: bytes, kind: type[Record]) -> tuple[_Body[Any], list[bytes]]:
    try:
        return _decode(body, kind), []
    except msgspec.ValidationError:
        return _one_by_one(body, kind)


def _one_by_one(body: bytes, kind: type[Record]) -> tuple[_Body[Any], list[bytes]]:
    answer = _decode(body, msgspec.Raw)
    records: list[Record] = []
    unread: list[bytes] = []
    for raw in answer.results or answer.tickers or []:
        try:
            records.append(msgspec.json.decode(raw, type=kind, strict=False))
        except (msgspec.DecodeError, UnicodeDecodeError):
            unread.append(bytes(raw))
    answer.results, answer.tickers = records, None
    return answer, unread


def figure(number: float | None) -> float | None:
    """A price or a number of shares; None if unknown. Zero means that nothing traded, so it is unknown too."""
    return number if number is not None and 0 < number < math.inf else None
