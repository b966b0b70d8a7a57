"""Puts what the tapes of several servers say into one order.

Each server's entries stay in their order. Symbols of two servers are disjoint, so any order of their entries gives
the same market. What counts is what was published: a tick tells the revision of each server at which its rows were
read. All entries up to these go before it, none beyond them, so that one number says which rows a tick shows: the
position of the last of them. Positions are revisions at the same time here.

Of two ticks the later one was read after the earlier one was published (:mod:`leaderboard.store.snapshots`,
:mod:`leaderboard.screens.publisher`), so none of its revisions is lower, and such an order exists. Entries beyond
the last tick have to wait for the next one.
"""

from collections import deque
from collections.abc import Container, Mapping, Sequence
from itertools import takewhile
from math import inf
from typing import NamedTuple

from leaderboard.store.merged_boards import AWAY, SESSION_FIELD
from leaderboard.tape.entries import PARTIAL, Anchor

#: The field that has, of each server, the anchor of its last entry that was taken.
SOURCES = b"from"

_TICKS = (b"tick", b"screens")


class SourceEntry(NamedTuple):
    """An entry of one server's tape.

    Attributes:
        server: its index.
        anchor: of the entry.
        fields: of the entry, as Redis holds them.
    """

    server: int
    anchor: Anchor
    fields: Mapping[bytes, bytes]

    @property
    def kind(self) -> bytes:
        return self.fields[b"k"]


class MergedEntry(NamedTuple):
    """An entry of the tape that is recorded."""

    position: int
    fields: Mapping[bytes, bytes]


#: Entries that are written together, or not at all.
Unit = list[MergedEntry]


class TapeMerge:
    """Merges the tapes of several servers.

    Args:
        position, session, at: of the last merged entry.
        sources: of each server the last entry that was taken.

    Attributes:
        position, session, at: of the last merged entry.
        sources: of each server the last entry that was taken.
        taken: what was taken since a list was set here: a server's index, the entry's position on its tape, and
            the position of the last merged entry then; None: it is not noted.
    """

    def __init__(self, position: int, session: int, at: int, sources: Sequence[Anchor]) -> None:
        self.position, self.session, self.at = position, session, at
        self.sources = [*sources]
        self.taken: list[tuple[int, int, int]] | None = None
        self._queues = [deque[SourceEntry]() for _ in sources]
        # Of each server, the revision up to which entries go before the next tick in any case.
        self._free = [source.revision for source in sources]
        # Digests whose tick is not known belong to a tick that may have been partial.
        self._has_digests = False

    def read_to(self, server: int) -> Anchor:
        """A server's last entry that was added."""
        queue = self._queues[server]
        return queue[-1].anchor if queue else self.sources[server]

    @property
    def waiting(self) -> int:
        """The bars that were added and not taken."""
        return sum(self.read_to(n).position - source.position for n, source in enumerate(self.sources))

    @property
    def is_empty(self) -> bool:
        return not any(self._queues)

    def needs(self, server: int, count: int) -> bool:
        """Whether more of a server's entries have to be added, once what can be put in order was taken.

        Args:
            server: its index.
            count: entries of it that may be there before others need them.
        """
        queue = self._queues[server]
        if len(queue) < count:
            return True
        if any(each and each[0].kind == b"move" for each in self._queues):
            return all(entry.kind != b"move" for entry in queue)
        # Those of the others go before the next tick, which the first one has.
        return server == 0 and all(entry.kind not in _TICKS for entry in queue)

    def add(self, entries: Sequence[SourceEntry]) -> None:
        """Add what servers' tapes say, each server's behind what was added before."""
        for entry in entries:
            self._queues[entry.server].append(entry)

    def start(self, sources: Mapping[int, Anchor]) -> Unit:
        """Have some tapes be taken from other entries on, because entries before them may be missing.

        Args:
            sources: by the index of a server, the entry behind which it goes on.

        Returns:
            The entry that says so.
        """
        for server, source in sources.items():
            self._queues[server].clear()
            self.sources[server], self._free[server] = source, source.revision
            self.session, self.at = max(self.session, source.session), max(self.at, source.at)
        self.position += 1
        return [self._merged({b"k": b"start"})]

    def take(self, whole: Container[int], *, at_once: bool) -> list[Unit]:
        """Take what can be put in order.

        Args:
            whole: servers of which all entries were added that they had when the newest tick was published.
            at_once: wait for nothing more. A tick is partial then if entries that it shows are not there, or if
                entries that it does not show were taken before it.
        """
        units: list[Unit] = []
        while self._take_moves(units) or self._take_tick(units, whole, at_once=at_once):
            pass
        for server, free in enumerate(self._free):
            self._take_up_to(units, server, inf if at_once else max(free, self.sources[server].revision))
        return units

    # --- ticks

    def _take_tick(self, units: list[Unit], whole: Container[int], *, at_once: bool) -> bool:
        """Take the next tick with all that goes before it. Returns whether it could be."""
        queue = self._queues[0]
        tick = next((entry for entry in queue if entry.kind in _TICKS), None)
        if tick is None:
            return False
        revisions, is_partial = self._revisions(tick)
        for server, revision in revisions.items():
            self._take_up_to(units, server, revision)
        lacks = any(not self._has_up_to(server, revision, whole) for server, revision in revisions.items())
        is_blocked = any(entry.kind == b"move" for entry in takewhile(lambda entry: entry is not tick, queue))
        if is_blocked or (lacks and not at_once):
            return False
        is_beyond = any(self.sources[server].revision > revision for server, revision in revisions.items())
        for server, revision in revisions.items():
            self._free[server] = max(self._free[server], revision)
        self._take_with_digests(units, tick, is_partial=is_partial or lacks or is_beyond)
        return True

    def _revisions(self, tick: SourceEntry) -> tuple[dict[int, int], bool]:
        """Of each server that counts, the revision of a tick's rows; and whether rows of another may count."""
        told = [tick.fields[b"revision"], *tick.fields.get(b"others", b"").split()]
        day = _day(int(tick.fields.get(SESSION_FIELD.encode(), tick.anchor.session)))
        revisions, is_partial = dict[int, int](), len(told) != len(self.sources)
        for server, (text, source) in enumerate(zip(told, self.sources, strict=False)):
            if text != AWAY.encode():
                revisions[server] = int(text)
            elif _day(source.session) >= day:
                # One that still shows an earlier day has no rows.
                is_partial = True
        return revisions, is_partial

    def _has_up_to(self, server: int, revision: int, whole: Container[int]) -> bool:
        """Whether all entries of a server up to a revision were taken."""
        queue = self._queues[server]
        if queue:
            return queue[0].anchor.revision > revision or queue[0].kind in _TICKS
        return server in whole or self.sources[server].revision >= revision

    def _take_with_digests(self, units: list[Unit], tick: SourceEntry, *, is_partial: bool) -> None:
        """Take a tick, and what came while it was made, together: which rows it shows is known only before."""
        revision, queue, unit = self.position, self._queues[0], Unit()
        while queue[0] is not tick:
            unit.append(self._take(queue.popleft()))
        queue.popleft()
        fields = {**tick.fields, b"revision": b"%d" % revision}
        if is_partial:
            fields[PARTIAL] = b"1"
            if tick.kind == b"screens":
                fields[b"screens"] = b""
        if tick.kind == b"tick":
            self._has_digests = not is_partial
        unit.append(self._take(tick._replace(fields=fields)))
        units.append(unit)
        self._take_digests(unit)

    def _take_digests(self, unit: Unit) -> None:
        queue = self._queues[0]
        if queue and queue[0].kind == b"digests":
            digests = queue.popleft()
            if self._has_digests:
                unit.append(self._take(digests))
            else:
                self._pass_over(digests)

    # --- other entries

    def _take_up_to(self, units: list[Unit], server: int, revision: float) -> None:
        """Take a server's entries up to a revision, or to a tick or a move before it."""
        queue = self._queues[server]
        while queue and queue[0].anchor.revision <= revision and queue[0].kind not in (*_TICKS, b"move"):
            if queue[0].kind == b"digests":
                self._take_digests(unit := Unit())
                units += [unit] if unit else []
            else:
                units.append([self._take(queue.popleft())])

    def _take_moves(self, units: list[Unit]) -> bool:
        """Take the moves of all session clocks as one. Returns whether all are there, and are alike."""
        if not all(queue and queue[0].kind == b"move" for queue in self._queues):
            return False
        if len({(queue[0].anchor.session, queue[0].fields[b"keeps"]) for queue in self._queues}) > 1:
            return False
        *others, last = (queue.popleft() for queue in self._queues)
        for move in others:
            self._pass_over(move)
        self.session = 0
        units.append([self._take(last)])
        return True

    def _pass_over(self, entry: SourceEntry) -> None:
        self.sources[entry.server] = entry.anchor
        self._note(entry)

    def _take(self, entry: SourceEntry) -> MergedEntry:
        before, now = self.sources[entry.server], entry.anchor
        self.position += max(1, now.position - before.position)
        self.session, self.at = max(self.session, now.session), max(self.at, now.at)
        self._pass_over(entry)
        return self._merged(entry.fields)

    def _note(self, entry: SourceEntry) -> None:
        if self.taken is not None:
            self.taken.append((entry.server, entry.anchor.position, self.position))

    def _merged(self, fields: Mapping[bytes, bytes]) -> MergedEntry:
        about = {b"r": self.position, b"s": self.session, b"t": self.at}
        numbers = {name: b"%d" % number for name, number in about.items()}
        return MergedEntry(self.position, {**fields, **numbers, SOURCES: packed_sources(self.sources)})


def packed_sources(sources: Sequence[Anchor]) -> bytes:
    """Anchors as the field :data:`SOURCES` has them."""
    return b" ".join(b"%d,%d,%d,%d" % source for source in sources)


def parse_sources(text: bytes) -> list[Anchor]:
    """Reads what :func:`packed_sources` wrote."""
    return [Anchor(*map(int, source.split(b","))) for source in text.split()]


def _day(session: int) -> int:
    """The day of a session's number."""
    return session // 10
