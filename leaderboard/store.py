"""The store: applies events to the boards in Redis, and rolls the session clock."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import msgspec
from redis import Redis

from leaderboard import keys, scripts
from leaderboard.boards import BOARDS
from leaderboard.event import Event
from leaderboard.reference.store import Known, ReferenceStore, Wanted
from leaderboard.row import FIELDS, OPEN_FIELDS, TIE_FIELDS, event_of, text, texts
from leaderboard.sessions import Session, session_of

#: Seconds that rows and quotes live: longer than any weekend with a holiday beside it.
ROW_TTL = 4 * 24 * 3600

#: Events per script call. It bounds how long one call keeps Redis from all others, and Lua's `unpack` takes no
#: more than some thousands.
MAX_BATCH = 500

# A row made with reference data that changes again at each attempt means that something else is wrong.
_ATTEMPTS = 10


class Outcome(Enum):
    """What became of an event."""

    APPLIED = "A"
    STALE = "S"
    LATE = "L"


class ReferenceChurnError(Exception):
    """Reference data changed between reading it and applying the events, again and again."""


@dataclass(frozen=True)
class Applied:
    """What became of a batch.

    Attributes:
        outcomes: one per event, in order.
        due: symbols of events of the day, with their day, whose reference data a source is to be asked for.
    """

    outcomes: list[Outcome]
    due: set[Wanted]

    def count(self) -> Counter[Outcome]:
        return Counter(self.outcomes)


class Store:
    """Writes rows, quotes, boards and sessions. Any number of processes may share the same Redis.

    Args:
        redis: the Redis of the boards.
        reference: the process's reference data.
        board_size: rows on a published board.
        board_retain: symbols that a board whose scores also fall keeps.
    """

    def __init__(self, redis: Redis, reference: ReferenceStore, *, board_size: int, board_retain: int) -> None:
        self._redis = redis
        self._reference = reference
        self._apply = scripts.load(redis, "session.lua", "apply.lua")
        self._roll = scripts.load(redis, "session.lua", "roll.lua")
        self._boards = [
            {
                "score": _index(board.score),
                "clears_at_open": board.clears_at_open,
                "retain": board_size if board.only_rises else board_retain,
            }
            for board in BOARDS
        ]
        self._session_keys = [
            keys.SESSION,
            keys.REVISION,
            keys.NEWEST,
            keys.OPENS_PRE,
            keys.OPENS_REGULAR,
            *(board.key for board in BOARDS),
        ]

    def session(self) -> Session | None:
        """The session that the boards show; None before the first event."""
        number = cast(bytes | None, self._redis.get(keys.SESSION))
        return Session.from_number(int(number)) if number else None

    def roll(self, to: Session) -> bool:
        """Roll the session clock forward and clear what ends with the session it leaves.

        Returns:
            Whether the clock moved; it does not where it stands at `to` or later.
        """
        return bool(self._roll(self._session_keys, [to.number, msgspec.msgpack.encode(self._boards)]))

    def apply(self, events: Sequence[Event]) -> Applied:
        """Apply events: one script call for every :data:`MAX_BATCH` of them.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refused to write. Some of the events may have
                been applied; applying all of them again is right.
        """
        return self._in_batches(events, refresh=False)

    def refresh(self, symbols: Collection[str]) -> int:
        """Make the rows of `symbols` anew where reference data has changed since their newest event.

        Returns:
            The number of rows that changed.
        """
        names = list(symbols)
        events: list[Event] = []
        for start in range(0, len(names), MAX_BATCH):
            events += self._outdated(names[start : start + MAX_BATCH])
        return self._in_batches(events, refresh=True).count()[Outcome.APPLIED]

    def _outdated(self, symbols: Sequence[str]) -> Iterator[Event]:
        """The newest events of those `symbols` whose rows do not agree with reference data."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(keys.NEWEST, list(symbols))
            for symbol in symbols:
                pipe.hmget(keys.row(symbol), list(FIELDS))
            newest, *rows = pipe.execute()
        # Only rows of the current day: reference data of today says nothing about what came before.
        stored = [
            {name: value.decode() for name, value in zip(FIELDS, row, strict=True)}
            for record, row in zip(newest, rows, strict=True)
            if record and row[0]
        ]
        events = [event_of(row) for row in stored]
        known = self._reference.read({_wanted(event) for event in events})
        for row, event in zip(stored, events, strict=True):
            made = dict(zip(FIELDS, texts(event, known[_wanted(event)].reference), strict=True))
            if any(row[name] != made[name] for name in FIELDS if name not in OPEN_FIELDS):
                yield event

    def _in_batches(self, events: Sequence[Event], *, refresh: bool) -> Applied:
        outcomes: list[Outcome] = []
        due: set[Wanted] = set()
        for start in range(0, len(events), MAX_BATCH):
            applied = self._apply_batch(events[start : start + MAX_BATCH], refresh)
            outcomes += applied.outcomes
            due |= applied.due
        return Applied(outcomes, due)

    def _apply_batch(self, events: Sequence[Event], refresh: bool) -> Applied:
        outcomes: dict[int, str] = {}
        due: set[Wanted] = set()
        for _ in range(_ATTEMPTS):
            left = [n for n in range(len(events)) if n not in outcomes]
            if not left:
                return Applied([Outcome(outcomes[n]) for n in range(len(events))], due)
            wanted = [_wanted(events[n]) for n in left]
            known = self._reference.read(set(wanted))
            batch = [(events[n], known[each]) for n, each in zip(left, wanted, strict=True)]
            reply = self._call(batch, refresh)
            # Not of late events: what is long past, or of a corrupt time, is nobody's question.
            due |= {
                each for each, outcome in zip(wanted, reply, strict=True) if outcome in "AS" and known[each].due
            }
            outcomes |= {n: outcome for n, outcome in zip(left, reply, strict=True) if outcome != "R"}
            self._reference.forget(
                each.symbol for each, outcome in zip(wanted, reply, strict=True) if outcome == "R"
            )
        raise ReferenceChurnError(", ".join(sorted({event.symbol for event in events})[:5]))

    def _call(self, batch: Iterable[tuple[Event, Known]], refresh: bool) -> str:
        index: dict[str, int] = {}
        entries = []
        for event, known in batch:
            entries.append(
                (
                    index.setdefault(event.symbol, len(index) + 1),
                    session_of(event.start_timestamp).number,
                    event.start_timestamp,
                    event.end_timestamp,
                    event.accumulated_volume,
                    text(event.open),
                    known.version,
                    texts(event, known.reference),
                    refresh,
                )
            )
        names = [*self._session_keys, keys.REFERENCE_VERSIONS]
        for symbol in index:
            names += keys.row(symbol), keys.quote(symbol)
        payload = _LAYOUT | {"boards": self._boards, "symbols": list(index), "events": entries}
        return cast(bytes, self._apply(names, [msgspec.msgpack.encode(payload)])).decode()


def _wanted(event: Event) -> Wanted:
    return Wanted(event.symbol, session_of(event.start_timestamp).day)


def _index(field: str) -> int:
    """A field's index in a row as Lua counts."""
    return FIELDS.index(field) + 1


_LAYOUT: dict[str, Any] = {
    "fields": FIELDS,
    "open": [_index(field) for field in ("close", *OPEN_FIELDS)],
    "ties": [_index(field) for field in TIE_FIELDS],
    "ttl": ROW_TTL,
}
