"""Takes the tape to disk: reads entries, writes them as parts of days, and only then trims them from the tape."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from itertools import groupby
from pathlib import Path

from redis import Redis

from history.archive.part import hour_of
from history.archive.rows import arrays_of, joined, rows_of
from history.archive.schema import ANCHORS, GAPS, LEARNED
from history.archive.writing import PartWriter
from history.recorder.base import BaseReader
from history.recorder.folder import newest_anchor
from history.recorder.gap import Gap, day_of
from history.recorder.states import States, checkpoint
from history.recorder.status import Status
from history.recorder.tapes.tape import tape_of
from leaderboard.shards import AwayError, Shards
from leaderboard.tape.entries import Anchor, Bars, Entry, Started

#: Seconds of bars that a part has, and its bars at most while the recorder catches up.
SECONDS, MOST_BARS = 5.0, 100_000
#: Bars after which a state is stored again, so that any second is near one.
STATE_BARS = 250_000
#: Seconds between two reads of the tape.
INTERVAL = 0.5

# Entries that are read at once.
_COUNT = 200

_BEGAN = "Nothing was recorded here before."
_LOST = (
    "The tape no longer has what was recorded last: recording stopped for longer than TAPE_BOUND allows, Redis "
    "lost data, or another recorder took over."
)
_EXPIRED = "Nobody recorded: the recorder was away for more than an hour, or Redis lost data."


class TapeToArchive:
    """Takes the tape to disk, from where the archive ends. For one thread of the one recorder that records.

    Args:
        shards: the servers of the boards.
        history: the folder of all days.
        status: counts what is recorded, for metrics and the doctor.

    Attributes:
        day: of the last part; None before the first one.
    """

    def __init__(self, shards: Shards[Redis], history: Path, status: Status) -> None:
        self._redis = shards.first
        self._status = status
        self._tape = tape_of(shards)
        self._bases, self._parts = BaseReader(shards, self._tape), PartWriter(history)
        # The last entry on disk, and the position of the last one that was read.
        self._anchor = newest_anchor(history)
        self._read_to = self._anchor.position if self._anchor else 0
        self.day = day_of(self._anchor.session, self._anchor.at) if self._anchor else None
        # The tape has to have this entry, or entries after it may be missing.
        self._expected: Anchor | None = None
        # Position of the last state that was read from Redis: a recorder's start up to it is no new gap.
        self._known_to = 0
        self._states = States()
        # The day that has a state, and how many bars have come since.
        self._state_day: date | None = None
        self._bars_since_state = 0

    def begin(self) -> None:
        """Find where to go on.

        Raises:
            redis.exceptions.RedisError: Redis does not answer or refuses.
            BaseError: the market's state cannot be read.
            OSError, duckdb.Error: it cannot be written.
        """
        if self._anchor and self._tape.holds(self._anchor):
            self._expected = self._anchor
            self._status.stored(self._anchor, 0)
            return
        self._raise_position()
        was_recorded = self._tape.renew()
        self._begin_anew(_LOST if self._anchor else _BEGAN, says_so=was_recorded)

    def step(self, stop: threading.Event, renew_lease: Callable[[], bool]) -> None:
        """Take the next part to disk: what comes in :data:`SECONDS`, or until `stop` is set.

        Raises:
            OSError, duckdb.Error: it cannot be written; what was read is still on the tape.
            redis.exceptions.RedisError, BaseError: as of :meth:`begin`.
            InvalidEntryError: another release has written an entry that this one does not know.
        """
        entries, gap = self._gather(stop, renew_lease)
        for (day, _), group in groupby(_with_days(entries), key=lambda each: (each[0], hour_of(each[1].at))):
            self._store(day, [entry for _, entry in group])
        # Who has lost the lease must not trim what another recorder may not have on disk yet. Whoever takes the
        # lease next finds the gap as well.
        if not renew_lease():
            return
        if entries and self._anchor:
            self._tape.trim(self._anchor)
        if gap:
            self._begin_anew(gap, says_so=gap is _LOST)
        elif entries and not self._states.is_known and self._is_state_due():
            # Where a server is away, the next part tries it again: bars do not wait for it.
            with suppress(AwayError):
                self._store_state(None)

    def _is_state_due(self) -> bool:
        return self.day != self._state_day or self._bars_since_state >= STATE_BARS

    # --- reading

    def _gather(self, stop: threading.Event, renew_lease: Callable[[], bool]) -> tuple[list[Entry], str]:
        """The entries of the next part, and why there is a gap behind them; empty: there is none."""
        entries: list[Entry] = []
        deadline = time.monotonic() + SECONDS
        while True:
            self._tape.renew()
            found = self._tape.read(self._read_to, _COUNT)
            if self._lacks_entries(found):
                self._raise_position()
                return entries, _LOST
            known = _before_start(found, self._known_to)
            if known:
                self._expected, self._read_to = known[-1].anchor, known[-1].position
                self._status.saw(self._read_to, self._seconds_since(known[0].at))
            entries += known
            if len(known) < len(found):
                return entries, _EXPIRED
            if stop.is_set() or time.monotonic() >= deadline or _bars_of(entries) >= MOST_BARS:
                return entries, ""
            if not renew_lease():
                return entries, ""
            if len(found) < _COUNT:
                stop.wait(INTERVAL)

    def _lacks_entries(self, found: Sequence[Entry]) -> bool:
        """Whether entries before those that were read are gone from the tape."""
        if self._expected:
            # Asked after reading: if entries behind it are gone by the bound, it is gone as well.
            return not self._tape.holds(self._expected)
        # Behind a gap the first entry is that of the state, or one before it.
        return bool(found) and found[0].position > self._known_to

    def _seconds_since(self, at: int) -> float:
        """Seconds since a moment of the boards' Redis, Unix milliseconds."""
        seconds, microseconds = self._redis.time()
        return float(seconds + microseconds / 1e6 - at / 1000)

    def _begin_anew(self, why: str, *, says_so: bool) -> None:
        """Go on behind a gap, from the market's state as it is now.

        Args:
            why: there is a gap.
            says_so: whether to write to the tape that recording begins here; else it says so already.
        """
        if says_so:
            self._tape.say_start()
        self._expected = None
        self._known_to = self._store_state(why)

    def _raise_position(self) -> None:
        """Have no later entry take a position that the archive has: Redis may have lost its counter."""
        self._tape.raise_position(self._read_to)

    # --- writing

    def _store(self, day: date, entries: Sequence[Entry]) -> None:
        """Write entries of one day and hour, and the state behind them if it is time."""
        last, bars = entries[-1], _bars_of(entries)
        rows = dict(rows_of(entries, self._anchor.session if self._anchor else 0))
        rows[ANCHORS.name] = arrays_of(ANCHORS, [{**last.anchor._asdict(), "written_at": last.at}])
        begins = day != self._state_day and self._states.is_known
        if begins:
            # A day begins with what is known of volume profiles by then.
            rows[LEARNED.name] = joined(self._states.profiles(entries[0].at), rows.get(LEARNED.name))
        self._states.apply(entries)
        if self._states.is_known and (begins or self._bars_since_state + bars >= STATE_BARS):
            rows |= self._states.rows(last.at)
            self._bars_since_state, self._state_day = -bars, day
        first = self._anchor.position + 1 if self._anchor else entries[0].position
        self._parts.write(f"{day}", rows, first=first, last=last.position, at=last.at)
        self._bars_since_state += bars
        self.day, self._anchor = day, last.anchor
        self._status.stored(last.anchor, bars)

    def _store_state(self, why: str | None) -> int:
        """Store the market's state as it is in Redis.

        Args:
            why: there is a gap up to it; None: there is none.

        Returns:
            The position of the state.
        """
        base = self._bases.read()
        # Redis may have lost the session with all else.
        day = (None if base.session else self.day) or day_of(base.session, base.at)
        about = {"position": base.position, "written_at": base.at, "revision": base.revision}
        state = checkpoint({**about, "session": base.session, "kind": "base"}, base.state)
        rows = {day: {**state, LEARNED.name: base.learned}}
        # A market in which nothing has happened yet lacks nothing, and is of no day.
        if why and (self._anchor or base.revision):
            gap = Gap(self._anchor, base.end_position, base.end_at, day, base.since, why)
            for each in {gap.first_day, day}:
                rows.setdefault(each, {})[GAPS.name] = arrays_of(GAPS, [gap.row(each)])
            self._status.found_gap(base.end_at, why, is_first=self._anchor is None)
        if base.session or self._anchor:
            for each, tables in sorted(rows.items()):
                self._parts.write_state(f"{each}", tables, base.position, base.at)
            self._state_day = day
        self._states.begin(base)
        self._bars_since_state = 0
        return base.position


def _with_days(entries: Sequence[Entry]) -> list[tuple[date, Entry]]:
    """Entries with their trading days; those before the first session are of its day."""
    days: list[tuple[date, Entry]] = []
    day = None
    for entry in reversed(entries):
        day = day_of(entry.session, entry.at) if entry.session or day is None else day
        days.append((day, entry))
    return days[::-1]


def _before_start(entries: Sequence[Entry], known_to: int) -> Sequence[Entry]:
    """The entries before the first recorder's start behind a position; all of them if there is none."""
    for index, entry in enumerate(entries):
        if isinstance(entry, Started) and entry.position > known_to:
            return entries[:index]
    return entries


def _bars_of(entries: Sequence[Entry]) -> int:
    return sum(len(entry.bars) for entry in entries if isinstance(entry, Bars))
