"""The entries of the tape, decoded: bars as a numpy array.

Only recorders and readers of the tape import this module: workers do without numpy.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from leaderboard.day_values import DayValues
from leaderboard.fields import STOOD_IN_FOR
from leaderboard.tape import bars as packed

#: One bar. `event` is the index of the event that carried it in its batch; times are Unix milliseconds, prices in
#: dollars, volumes in shares; `minute`: the bar's event type is AM.
BAR = np.dtype(
    [
        ("event", "<u2"),
        ("start_timestamp", "<i8"),
        ("end_timestamp", "<i8"),
        ("volume", "<f8"),
        ("accumulated_volume", "<f8"),
        ("open", "<f8"),
        ("close", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("vwap", "<f8"),
        ("aggregate_vwap", "<f8"),
        ("average_size", "<f8"),
        ("official_open_price", "<f8"),
        ("minute", "?"),
        ("otc", "?"),
    ]
)

#: The outcomes of events whose bars count. Those of the others do not, or are applied again in a later entry.
IN_EFFECT = "AS"


class InvalidEntryError(ValueError):
    """An entry of the tape that no release of this program has written; the text says which and why."""


class Anchor(NamedTuple):
    """Distinguishes an entry from any other that has its position after data was lost.

    Attributes:
        position: of the entry.
        revision, session, at: as of :class:`Entry`.
    """

    position: int
    revision: int
    session: int
    at: int

    @property
    def id(self) -> str:
        """The entry's id in the stream."""
        return f"{self.position}-0"


@dataclass(frozen=True)
class Entry:
    """What all entries have in common.

    Attributes:
        position: its place on the tape: the number of the last bar up to and with it. Positions rise.
        revision: the newest revision once it was applied.
        session: the session clock's number once it was applied; 0 before the first session. Wherever it is later
            than in the entry before, the session clock has rolled.
        at: when, by the server's clock, Unix milliseconds.
    """

    position: int
    revision: int
    session: int
    at: int

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.position, self.revision, self.session, self.at)


@dataclass(frozen=True)
class Started(Entry):
    """A recorder has come when nobody recorded: what happened since the entry before may be missing."""


class Figures(NamedTuple):
    """The reference fields of an event's row, where they differ from those of the symbol's row before.

    Attributes:
        stand_ins: the fields for which the event's own values stand in, as figures are unknown; empty: none.
        values: of each reference field (:data:`leaderboard.fields.CONSTANT_RUNS`), stand-ins included.
    """

    stand_ins: tuple[str, ...]
    values: Mapping[str, float]


class RestoredDay(NamedTuple):
    """What an event says beside its bar, where a row was read back whose bars are not known.

    Attributes:
        start, end: of the bar whose open price the event has, Unix milliseconds.
        values: of the day so far.
    """

    start: int
    end: int
    values: DayValues


@dataclass(frozen=True)
class Batch(Entry):
    """Events that were applied together.

    Attributes:
        symbols: of each event.
        outcomes: of each event one character, as ``apply.lua`` returns it. Only events with an outcome that is
            :data:`IN_EFFECT` count.
        references: by the index of an event: its row's reference fields, where they have changed.
    """

    symbols: Sequence[str]
    outcomes: str
    references: Mapping[int, Figures]


@dataclass(frozen=True)
class Bars(Batch):
    """A batch of bars.

    Attributes:
        bars: an array of :data:`BAR`, in the order of the events, those that were conflated away included.
        days: by the index of an event, what it says beside its bar.
    """

    bars: NDArray[np.void]
    days: Mapping[int, RestoredDay] = field(default_factory=dict)


@dataclass(frozen=True)
class Refresh(Batch):
    """Rows were made again of their symbols' newest bars: with new reference data, or to rank them again.

    Only the outcome A counts.
    """


class LearnedSymbol(NamedTuple):
    """Reference data of a symbol as it is stored now.

    Attributes:
        previous: JSON of the previous day's figures, as ``learn.lua`` stores it; empty: nothing is stored.
        profile: the same of the average volume and the free float.
        volume_profile: as :attr:`leaderboard.reference.volume_profile.VolumeProfile.packed`; empty: it has not
            changed.
    """

    previous: str
    profile: str
    volume_profile: bytes


@dataclass(frozen=True)
class Learned(Entry):
    """Reference data was stored.

    Attributes:
        day: ``YYYYMMDD``: the trading day that the previous day's figures are for.
        version: of the symbols' reference data from now on.
        symbols: those whose data changed.
    """

    day: int
    version: str
    symbols: Mapping[str, LearnedSymbol]


@dataclass(frozen=True)
class Rolled(Entry):
    """The session clock has rolled without an event."""


@dataclass(frozen=True)
class Moved(Entry):
    """An operator has moved the session clock.

    Attributes:
        keeps: the day's records were kept, and the boards that last the day; else all was cleared.
    """

    keeps: bool


@dataclass(frozen=True)
class Ticked(Entry):
    """The boards were published as the market was at a revision, which may be older than this entry.

    Attributes:
        slot: the number of the tick.
        boards_revision: the revision of the rows.
        published_at: Unix milliseconds.
    """

    slot: int
    boards_revision: int
    published_at: int


@dataclass(frozen=True)
class Digests(Entry):
    """The digests of the boards published at a tick.

    Attributes:
        slot: the number of the tick.
        boards: by the board's name, the hex SHA-1 of the published JSON.
    """

    slot: int
    boards: Mapping[str, str]


@dataclass(frozen=True)
class ScreensTicked(Entry):
    """The screens were published as the market was at a revision, which may be older than this entry.

    Attributes:
        slot: the number of the tick.
        screens_revision: the revision of the rows.
        published_at: Unix milliseconds.
        screens: by the screen's name, the hex SHA-1 of its published JSON, whether it changed at this tick or not.
        definitions: of the screens, as :data:`leaderboard.keys.SCREENS` holds them: where they changed, at the
            first tick that is recorded, and once a minute; else None.
        alerts_anew: the rules of alerts knew of no tick before this one.
        is_partial: of several servers, one was away, or it is not known of which moment its rows were. Then there
            are no digests.
    """

    slot: int
    screens_revision: int
    published_at: int
    screens: Mapping[str, str]
    definitions: bytes | None
    alerts_anew: bool = False
    is_partial: bool = False


Fields = Mapping[bytes, bytes]

#: The field of a tick that is partial.
PARTIAL = b"partial"


def decode(id: bytes, fields: Fields) -> Entry:
    """An entry of the stream.

    Args:
        id: the entry's, ``POSITION-0``.
        fields: by their names.

    Raises:
        InvalidEntryError: this release does not know such an entry.
    """
    try:
        return _DECODERS[fields[b"k"]](_about(id, fields), fields)
    except (KeyError, ValueError, TypeError, struct.error, msgspec.DecodeError) as error:
        raise _invalid(id, error) from error


def anchor_of(id: bytes, fields: Fields) -> Anchor:
    """The anchor of an entry of the stream, of any kind.

    Args:
        id, fields: as of :func:`decode`.

    Raises:
        InvalidEntryError: it is no entry.
    """
    try:
        return Anchor(*_about(id, fields))
    except (KeyError, ValueError) as error:
        raise _invalid(id, error) from error


_About = tuple[int, int, int, int]


def _about(id: bytes, fields: Fields) -> _About:
    return int(id.partition(b"-")[0]), int(fields[b"r"]), int(fields[b"s"]), int(fields[b"t"])


def _invalid(id: bytes, error: Exception) -> InvalidEntryError:
    return InvalidEntryError(f"entry {id.decode(errors='replace')} of the tape: {error!r}")


def _lines(text: bytes) -> list[str]:
    return text.decode().split("\n") if text else []


def _references(fields: Fields) -> dict[int, Figures]:
    """Of a batch: lines of an event's number from 1, the stand-ins, and the JSON of each run, between tabs."""
    found: dict[int, Figures] = {}
    for line in _lines(fields.get(b"f", b"")):
        number, stand_ins, *runs = line.split("\t")
        values = msgspec.json.decode("{" + ",".join(runs) + "}", type=dict[str, float])
        found[int(number) - 1] = Figures(_stood_in_for(stand_ins), values)
    return found


def _stood_in_for(stand_ins: str) -> tuple[str, ...]:
    """Names of fields, from :attr:`leaderboard.reference.template.RowTemplate.stand_ins`."""
    every = (1 << len(STOOD_IN_FOR)) - 1
    bits = (int(stand_ins) or every) if stand_ins else 0
    return tuple(field.name for at, field in enumerate(STOOD_IN_FOR) if bits & 1 << at)


def _bars(about: _About, fields: Fields) -> Bars:
    days = {
        number - 1: RestoredDay(start, end, DayValues(*values))
        for number, (start, end, _, values) in msgspec.msgpack.decode(fields.get(b"d", _NO_DAYS)).items()
    }
    return Bars(
        *about, _lines(fields[b"e"]), fields[b"o"].decode(), _references(fields), unpack(fields[b"b"]), days
    )


# An empty map in msgpack.
_NO_DAYS = b"\x80"


def unpack(blob: bytes) -> NDArray[np.void]:
    """The array of :data:`BAR` that :func:`leaderboard.tape.bars.pack` packed.

    Raises:
        ValueError, struct.error: it is not that.
    """
    form, count, base = packed.HEADER.unpack_from(blob)
    columns = _Columns(blob, packed.HEADER.size, count)
    times = "<i8" if form & packed.WIDE else "<i4"
    bars = np.empty(count, BAR)
    bars["start_timestamp"] = columns.take(times).astype("<i8") + base
    bars["end_timestamp"] = columns.take(times).astype("<i8") + base
    bars["event"] = columns.take("<u2") if form & packed.INDEXED else np.arange(count)
    bars["minute"] = columns.take("?")
    bars["otc"] = columns.take("?")
    for name in packed.DOUBLES:
        bars[name] = columns.take("<f8")
    if columns.offset != len(blob):
        raise ValueError(f"{len(blob) - columns.offset} bytes after the bars")
    return bars


class _Columns:
    """Takes columns of `count` numbers, one after another."""

    def __init__(self, blob: bytes, offset: int, count: int) -> None:
        self.offset = offset
        self._blob, self._count = blob, count

    def take(self, kind: str) -> NDArray[Any]:
        column = np.frombuffer(self._blob, kind, self._count, self.offset)
        self.offset += column.nbytes
        return column


def _refresh(about: _About, fields: Fields) -> Refresh:
    return Refresh(*about, _lines(fields[b"e"]), fields[b"o"].decode(), _references(fields))


def _learned(about: _About, fields: Fields) -> Learned:
    stored = map(
        LearnedSymbol,
        fields[b"previous"].decode().split("\n"),
        fields[b"profile"].decode().split("\n"),
        _sized(fields[b"volumes"]),
    )
    learned = dict(zip(_lines(fields[b"e"]), stored, strict=True))
    return Learned(*about, int(fields[b"day"]), fields[b"v"].decode(), learned)


def _sized(blob: bytes) -> Iterator[bytes]:
    """Blobs, each behind its length in 32 bits."""
    at = 0
    while at < len(blob):
        (size,) = struct.unpack_from("<I", blob, at)
        at += 4 + size
        yield blob[at - size : at]


def _digests(about: _About, fields: Fields) -> Digests:
    return Digests(*about, int(fields[b"slot"]), _named(fields[b"boards"]))


def _named(text: bytes) -> dict[str, str]:
    """Lines of a name and a digest."""
    return dict(line.split(" ") for line in _lines(text))


def _tick(about: _About, fields: Fields) -> Ticked:
    # Older releases published the boards as they were at the entry.
    revision = int(fields.get(b"revision", fields[b"r"]))
    return Ticked(*about, int(fields[b"slot"]), revision, int(fields[b"published_at"]))


def _screens(about: _About, fields: Fields) -> ScreensTicked:
    slot, revision, published_at = int(fields[b"slot"]), int(fields[b"revision"]), int(fields[b"published_at"])
    screens, definitions = _named(fields[b"screens"]), fields.get(b"definitions")
    flags = b"alerts_anew" in fields, PARTIAL in fields
    return ScreensTicked(*about, slot, revision, published_at, screens, definitions, *flags)


_DECODERS: Mapping[bytes, Callable[[_About, Fields], Entry]] = {
    b"start": lambda about, _: Started(*about),
    b"bars": _bars,
    b"refresh": _refresh,
    b"learn": _learned,
    b"roll": lambda about, _: Rolled(*about),
    b"move": lambda about, fields: Moved(*about, fields[b"keeps"] == b"1"),
    b"tick": _tick,
    b"digests": _digests,
    b"screens": _screens,
}
