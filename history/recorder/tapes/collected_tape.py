"""Collects the tapes of several servers into one.

The scripts of each server write a tape of their own, with what they change, in the same atomic step. Collecting
reads these tapes and writes their entries to one on the first server, in an order that history can use
(:mod:`history.recorder.tapes.tape_merge`). Each collected entry names the last one taken of every server, so the
last collected entry alone says where to go on: whatever dies, each entry comes once. The servers' own tapes are
trimmed only once what was collected of them is on disk.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from redis import Redis
from redis.exceptions import RedisError

from config.log_throttle import LogThrottle
from config.settings import settings
from history.counters import raise_counter
from history.errors import HistoryError, reason
from history.recorder.tapes.moment import Moment, Page
from history.recorder.tapes.tape_merge import SOURCES, SourceEntry, TapeMerge, Unit, parse_sources
from leaderboard import keys
from leaderboard.connections.questions import Questions
from leaderboard.connections.redis_errors import is_transient
from leaderboard.connections.redis_values import session
from leaderboard.shards import AwayError, Shards
from leaderboard.store.snapshots import longest_absence
from leaderboard.tape.entries import Anchor, Entry, anchor_of
from leaderboard.tape.reader import Raw, TapeReader
from leaderboard.tape.recording import Recording, TapeWriter

log = logging.getLogger(__name__)

#: Entries of a server that are read at once, and bars that may wait for a tick while nothing can be put in order.
COUNT, MOST_WAITING = 200, 200_000
#: Seconds within which servers behind the first one have to answer.
TIMEOUT = 1.0
#: Seconds after which a state that was read from the servers is given up, as it has no place on the tape; and
#: between two looks.
LONGEST, INTERVAL = 20.0, 0.1

# Entries that are written at once.
_WRITTEN = 100


class _Source:
    """The tape of one server."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._reader, self._recording, self._writer = TapeReader(redis), Recording(redis), TapeWriter(redis)

    def read(self, after: Anchor) -> list[Raw]:
        """An entry and those behind it. It goes on being written meanwhile."""
        self._recording.renew()
        return self._reader.raw(after.id, "+", COUNT + 1)

    def session(self) -> int:
        """The number of the session clock; 0: before the first session."""
        found = session(self._redis.get(keys.SESSION))
        return found.number if found else 0

    def begin(self, least: int) -> Anchor:
        """Have it written, with positions above one. Returns its newest entry."""
        raise_counter(self._redis, keys.TAPE_POSITION, least)
        self._recording.renew()
        self._writer.append("start", {})
        newest = self._reader.last()
        if newest is None:
            raise HistoryError("Another program removes entries from a server's tape.")
        return anchor_of(*newest)

    def trim(self, anchor: Anchor) -> None:
        self._reader.trim(anchor)


class CollectedTape:
    """The tape of several servers: see :class:`history.recorder.tapes.tape.Tape`. It collects while it is read.

    Args:
        shards: the servers of the boards, more than one.
    """

    def __init__(self, shards: Shards[Redis]) -> None:
        self._shards = shards
        self._sources = [_Source(redis) for redis in shards]
        self._reader = TapeReader(shards.first, keys.COLLECTED_TAPE)
        self._questions = Questions(TIMEOUT)
        self._throttle = LogThrottle()
        self._hold = longest_absence(settings().publish_interval)
        self._merge: TapeMerge | None = None
        # Positions of the last entry that was written, of one below all later ones, and of the last moment.
        self._written = self._least = self._moment = 0
        # Since when entries wait for a tick, by the monotonic clock; None: none do.
        self._waiting_since: float | None = None
        # Whether entries were read that were not trimmed yet.
        self._can_trim = False

    def renew(self) -> bool:
        """The tapes go on being written whenever they are read."""
        return True

    def read(self, after: int, count: int) -> list[Entry]:
        found = self._reader.read(after, count)
        self._can_trim |= bool(found)
        try:
            if len(found) < count and self._collect():
                found = self._reader.read(after, count)
                self._can_trim |= bool(found)
        except RedisError as error:
            # Where it is not known what was written, the last collected entry says where to go on.
            self._merge = self._waiting_since = None
            # A server whose memory is full has room once what was collected is on disk, and trimmed.
            if not (self._can_trim and is_transient(error)):
                raise
            if self._throttle.allows("collecting"):
                log.warning("the servers' tapes are not collected meanwhile: %s", reason(error))
        return found

    def holds(self, anchor: Anchor) -> bool:
        return self._reader.holds(anchor)

    def trim(self, anchor: Anchor) -> None:
        self._can_trim = False
        found = self._reader.raw(anchor.id, anchor.id, 1)
        self._reader.trim(anchor)
        anchors = _sources(found[0]) if found else []
        if len(anchors) == len(self._sources):
            first, *others = (partial(source.trim, at) for source, at in zip(self._sources, anchors, strict=True))
            first()
            # Those that do not answer are trimmed the next time.
            self._questions.ask(dict(enumerate(others, 1)))

    def raise_position(self, least: int) -> None:
        self._least = least

    def say_start(self) -> None:
        self._merge = None
        self._begin(range(len(self._sources)))

    # --- a state beside it

    def moment(self) -> Moment:
        merge = self._merge or self._resumed()
        if merge is None:
            raise HistoryError("The servers' tapes are not collected.")
        merge.taken, self._moment = [], merge.position
        seconds, microseconds = self._shards.first.time()
        at = seconds * 1000 + microseconds // 1000
        return Moment(merge.position, at, merge.position, self._sessions())

    def _sessions(self) -> tuple[int, ...]:
        """The number of each server's session clock.

        Raises:
            AwayError: of some servers it is not known.
        """
        numbers = (
            self._sources[0].session(),
            *self._questions.ask(
                {server: source.session for server, source in enumerate(self._sources) if server}
            ).values(),
        )
        away = {server: number for server, number in enumerate(numbers) if isinstance(number, RedisError)}
        if away:
            raise AwayError(away)
        for number in numbers:
            if isinstance(number, Exception):
                raise number
        return cast(tuple[int, ...], numbers)

    def revisions(self, pages: Sequence[Page]) -> list[int]:
        merge = self._merge
        until = time.monotonic() + LONGEST
        while merge is None or any(merge.sources[page.server].position < page.position for page in pages):
            if merge is None or merge.taken is None or time.monotonic() > until:
                raise HistoryError("What was read from the servers cannot be placed on the tape.")
            # Most often until the next tick. Read at once, it would lack what it shows.
            if not self._collect():
                time.sleep(INTERVAL)
            merge = self._merge
        return [self._revision(page, merge.taken or []) for page in pages]

    def _revision(self, page: Page, taken: Sequence[tuple[int, int, int]]) -> int:
        """The position of the last collected entry that was in a server's market when it was read."""
        positions = [position for server, at, position in taken if server == page.server and at <= page.position]
        return positions[-1] if positions else self._moment

    # --- collecting

    def _resumed(self) -> TapeMerge | None:
        """Where the last collected entry has left it; None: there is none."""
        newest = self._reader.last()
        if newest is None:
            return None
        about, sources = anchor_of(*newest), _sources(newest)
        if len(sources) != len(self._sources):
            # Servers were added or removed: what they say begins anew.
            self._begin(range(len(self._sources)))
            return self._merge
        self._written = about.position
        self._merge = TapeMerge(about.position, about.session, about.at, sources)
        return self._merge

    def _collect(self) -> bool:
        """Write what can be put in order to the collected tape. Returns whether there was something."""
        merge = self._merge or self._resumed()
        if merge is None:
            return False
        whole, lost, has_more = self._add(merge)
        units = merge.take(whole, at_once=bool(lost))
        gives_up = not (units or lost) and self._has_waited(merge, has_more=has_more)
        if gives_up:
            units = merge.take(whole, at_once=True)
        self._write(units)
        if lost or (gives_up and not merge.is_empty):
            # Session clocks that were moved apart cannot be shown as one market's.
            self._begin(lost or range(len(self._sources)))
        if merge.is_empty:
            self._waiting_since = None
        elif units or has_more or self._waiting_since is None:
            self._waiting_since = time.monotonic()
        return bool(units or lost)

    def _has_waited(self, merge: TapeMerge, *, has_more: bool) -> bool:
        """Whether no tick may come any more for entries that wait for one, or there are too many of them.

        Args:
            merge: has them.
            has_more: whether more can be read at once: the tick may be there.
        """
        waited = time.monotonic() - self._waiting_since if self._waiting_since is not None else 0.0
        return merge.waiting > MOST_WAITING or (waited > self._hold and not has_more)

    def _add(self, merge: TapeMerge) -> tuple[set[int], list[int], bool]:
        """Add what the servers' tapes have.

        Returns:
            The servers that were read to the end, now, after all ticks that were read; those that have lost
            entries; and whether one of those that were read has more.
        """
        whole, lost, has_more = set[int](), list[int](), False
        for server, found in self._read_sources(merge).items():
            if isinstance(found, Exception):
                if not is_transient(found):
                    raise found
                if self._throttle.allows(str(server)):
                    log.warning("server %d of the boards is not recorded meanwhile: %s", server + 1, reason(found))
                continue
            entries = [SourceEntry(server, anchor_of(*raw), raw[1]) for raw in found]
            if not entries or entries[0].anchor != merge.read_to(server):
                lost.append(server)
                continue
            following = _before_start(entries[1:])
            merge.add(following)
            if len(following) < len(entries) - 1:
                lost.append(server)
            elif len(found) <= COUNT:
                whole.add(server)
            else:
                has_more = True
        return whole, lost, has_more

    def _read_sources(self, merge: TapeMerge) -> Mapping[int, list[Raw] | Exception]:
        # One whose entries go on far beyond the next tick waits for the tapes that cover less time.
        read = {
            server: partial(source.read, merge.read_to(server))
            for server, source in enumerate(self._sources)
            if merge.needs(server, COUNT)
        }
        # The first one before the others: they have all that a tick names.
        first = read.pop(0, None)
        return {**({0: first()} if first else {}), **self._questions.ask(read)}

    def _begin(self, servers: Sequence[int]) -> None:
        """Go on behind the newest entries of some servers: of those before, some may be missing.

        Raises:
            redis.exceptions.RedisError: one of them does not answer, or refuses.
        """
        # All are asked first: while one is away, each attempt would append to the tapes of the others.
        for server in servers:
            self._sources[server].session()
        known = self._merge
        sources = {
            # Positions of a server that has lost its own rise on, or they would be trimmed as stored ones are.
            server: self._sources[server].begin(known.read_to(server).position if known else 0)
            for server in servers
        }
        if self._merge is None:
            newest = self._reader.last()
            self._written = anchor_of(*newest).position if newest else 0
            of_each = [sources[server] for server in range(len(self._sources))]
            self._merge = TapeMerge(max(self._least, self._written), 0, 0, of_each)
        # A state that is read at the same time cannot be placed any more.
        self._merge.taken = None
        self._write([self._merge.start(sources)])

    def _write(self, units: Sequence[Unit]) -> None:
        """Write entries behind the last one that was collected.

        Raises:
            redis.exceptions.WatchError, HistoryError: another recorder collects too, or Redis has lost data.
        """
        for chunk in (units[first : first + _WRITTEN] for first in range(0, len(units), _WRITTEN)):
            entries = [entry for unit in chunk for entry in unit]
            pipe: Any = self._shards.first.pipeline()
            with pipe:
                pipe.watch(keys.COLLECTED_TAPE)
                newest = pipe.xrevrange(keys.COLLECTED_TAPE, count=1)
                if (anchor_of(*newest[0]).position if newest else 0) != self._written:
                    raise HistoryError("Another recorder collects the tapes, or Redis has lost data.")
                pipe.multi()
                for entry in entries:
                    fields: dict[Any, Any] = {**entry.fields}
                    pipe.xadd(keys.COLLECTED_TAPE, fields, f"{entry.position}-0")
                pipe.execute()
            self._written = entries[-1].position


def _before_start(entries: Sequence[SourceEntry]) -> Sequence[SourceEntry]:
    """The entries before the first one that says that nobody has recorded for a time."""
    starts = [n for n, entry in enumerate(entries) if entry.kind == b"start"]
    return entries[: starts[0]] if starts else entries


def _sources(raw: Raw) -> list[Anchor]:
    """Of each server the last entry that was taken, of a collected entry."""
    return parse_sources(raw[1].get(SOURCES, b""))
