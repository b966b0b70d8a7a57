"""Parts of a day: folders that appear whole or not at all."""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

# Begins the names of folders that are being written.
_TEMPORARY = ".writing-"
_REPLACED = f"{_TEMPORARY}over-"
_NAME = re.compile(r"(\d{8}T\d\d)-(\d{16})-(\d{16})\.(part|merged|hour|state)")


class Kind(StrEnum):
    """How much a part holds.

    PART: what came in a few seconds.
    MERGED: many of these.
    HOUR: all of an hour.
    STATE: no entries, but a state that was read from Redis, and the gap that ends with it. Its position is that of
        the state. It is never merged.
    """

    PART = "part"
    MERGED = "merged"
    HOUR = "hour"
    STATE = "state"


@dataclass(frozen=True)
class Part:
    """What the tape said from one position to another. Its name says all of this.

    While a merged part and those that it was made of are both there, readers ignore the latter.

    Attributes:
        hour: in which it was written, by the boards' Redis, in UTC: ``20261130T14``.
        first, last: the positions it covers, both included. Positions in between that it does not have were no
            entries, or are missing, as the table of gaps says.
        kind: how much it holds.
    """

    hour: str
    first: int
    last: int
    kind: Kind

    @property
    def name(self) -> str:
        """Of its folder; names sort as positions do."""
        return f"{self.hour}-{self.first:016}-{self.last:016}.{self.kind}"

    @classmethod
    def parse(cls, name: str) -> "Part | None":
        """The part whose folder has this name; None: it is something else."""
        found = _NAME.fullmatch(name)
        return cls(found[1], int(found[2]), int(found[3]), Kind(found[4])) if found else None


def hour_of(at: int) -> str:
    """The hour of a moment, as parts name it.

    Args:
        at: Unix milliseconds.
    """
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y%m%dT%H}"


def parts_in(day: Path) -> list[Part]:
    """The parts in a day's folder in order of their positions, those that are covered included."""
    try:
        names = [path.name for path in day.iterdir()]
    except FileNotFoundError:
        return []
    found = [part for name in names if (part := Part.parse(name))]
    return sorted(found, key=_positions)


def _positions(part: Part) -> tuple[int, int, str]:
    return part.first, part.last, part.kind


def uncovered(parts: Sequence[Part]) -> list[Part]:
    """The parts that readers read: together they have every entry once."""
    kept: list[Part] = []
    states = [part for part in parts if part.kind is Kind.STATE]
    # Of two parts that begin at the same position, the longer one comes first.
    for part in sorted({*parts} - {*states}, key=lambda part: (part.first, -part.last, part.kind)):
        if not kept or part.last > kept[-1].last:
            kept.append(part)
    return sorted([*kept, *states], key=_positions)


def write(day: Path, part: Part, write_files: Callable[[Path], None]) -> None:
    """Write a part: it is there, whole and safe on disk, when this returns, or else not at all.

    One of the same name is replaced.

    Args:
        day: the day's folder, which is created if needed.
        part: its name.
        write_files: writes its files into a folder.

    Raises:
        OSError, duckdb.Error: it cannot be written; nothing is left of it.
    """
    created = not day.exists()
    day.mkdir(parents=True, exist_ok=True)
    temporary, folder = day / f"{_TEMPORARY}{part.name}", day / part.name
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        write_files(temporary)
        for path in (*temporary.iterdir(), temporary):
            sync(path)
        if folder.exists():
            remove(day, part, _REPLACED)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync(day)
    if created:
        sync(day.parent)


def sync(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(day: Path, part: Part, prefix: str = _TEMPORARY) -> None:
    """Remove a part. If this is interrupted, :func:`remove_temporary` does the rest."""
    folder, temporary = day / part.name, day / f"{prefix}{part.name}"
    shutil.rmtree(temporary, ignore_errors=True)
    # A folder without some of its files must not look like a part.
    folder.rename(temporary)
    shutil.rmtree(temporary)


def remove_temporary(day: Path) -> None:
    """Remove what writers that died have left; no other may write in this folder."""
    for path in day.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(path, ignore_errors=True)
