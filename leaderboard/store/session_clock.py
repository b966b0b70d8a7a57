"""The session clock for operators: read it, and move it after a wrong clock or a corrupt bar has moved it too far.

By itself the session clock only rises. When an operator moves it back, the boards are rebuilt from the rows, which
outlast sessions: a row holds its symbol's newest bar and the open price of that bar's session.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.connections.redis_errors import is_wrong_key
from leaderboard.event import is_symbol
from leaderboard.row import StoredRow
from leaderboard.scripts import script
from leaderboard.sessions import Session, session_of
from leaderboard.store.record import Record
from leaderboard.store.session_roll import CLEARS_AT_OPEN, SESSION_KEYS
from leaderboard.store.store import MAX_BATCH, Store


class SessionClockError(Exception):
    """The session clock cannot be moved there; the text says why."""


@dataclass(frozen=True)
class Reading:
    """What the key of the session clock holds.

    Attributes:
        content: its Redis type; for a string followed by a space and its value.
        session: None if the key is absent, or holds no session.
    """

    content: bytes
    session: Session | None

    @property
    def is_junk(self) -> bool:
        """Whether the key holds something that is no session, so that no bar can be applied."""
        return self.session is None and self.content != b"none"


@dataclass(frozen=True)
class Move:
    """The result of moving the session clock.

    Attributes:
        kept_opens: all open prices of the day were kept. Else each symbol has only the open price in its row, that
            of its newest bar's session.
        ranked: symbols whose rows were put on the boards.
    """

    kept_opens: bool
    ranked: int


def read_session(redis: Redis) -> Reading:
    """What the key of the session clock holds, whatever its type.

    Args:
        redis: the Redis of the boards.
    """
    kind = cast(bytes, redis.type(keys.SESSION))
    if kind != b"string":
        return Reading(kind, None)
    value = cast(bytes | None, redis.get(keys.SESSION)) or b""
    try:
        session = Session.from_number(int(value)) if value.isdigit() else None
    except ValueError:
        # The digits are no date.
        session = None
    return Reading(b"string " + value, session)


class SessionClock:
    """Reads and moves the session clock.

    Args:
        redis: the Redis of the boards.
        store: of the same Redis.
    """

    def __init__(self, redis: Redis, store: Store) -> None:
        self._redis = redis
        self._store = store
        self._move = script.load(redis, "check.lua", "tape.lua", "session.lua", "move_session.lua")

    def read(self) -> Reading:
        """What the key of the session clock holds, whatever its type."""
        return read_session(self._redis)

    def move(self, to: Session, seen: Reading) -> Move:
        """Have the boards show the session `to`, rebuilt from the rows of its day.

        Bars may be applied meanwhile. If the caller dies half-way, the same call completes it.

        Args:
            to: the session.
            seen: what the caller has read.

        Raises:
            SessionClockError: nothing was done, as the clock has moved since or another key has to be repaired.
        """
        keep = self._has_records_of(to, seen)
        # Read the rows first: once its record is gone, a symbol's next bar overwrites the open in its row.
        rows = self._rows_up_to(to, self._symbols())
        arguments: list[int | bytes] = [to.number, seen.content, int(keep), CLEARS_AT_OPEN]
        try:
            moved = self._move([*SESSION_KEYS, keys.REFERENCE_VERSIONS], arguments)
        except ResponseError as error:
            if is_wrong_key(error):
                raise SessionClockError(f"another key has to be repaired first: {error}") from error
            raise
        if not moved:
            raise SessionClockError("the session clock has moved meanwhile, look again")
        recorded = set(self._store.symbols()) if keep else set()
        # Applying a row ranks its symbol. Symbols with a record keep it, with all its opens, and are only ranked.
        self._store.restore([row for row in rows if row.event.symbol not in recorded])
        # Read their rows again: bars that were applied meanwhile have changed them.
        self._store.rank_again([row.event for row in self._rows_up_to(to, recorded)])
        return Move(keep, len(rows))

    def _has_records_of(self, to: Session, seen: Reading) -> bool:
        """Whether the records are of that session's day."""
        if seen.session:
            return seen.session.day == to.day
        try:
            records = cast(list[bytes], self._redis.hvals(keys.RECORDS))
            newest = max((Record.parse(each).start for each in records), default=None)
        except (ResponseError, struct.error, ValueError):
            # Of another type, or with fields that are no records.
            return False
        return newest is not None and session_of(newest).day == to.day

    def _rows_up_to(self, to: Session, symbols: Iterable[str]) -> list[StoredRow]:
        """The rows of `symbols` whose bars are of that session's day and of no later session."""
        rows: list[StoredRow] = []
        remaining = iter(symbols)
        while batch := [*islice(remaining, MAX_BATCH)]:
            rows += self._store.newest(batch)
        return [row for row in rows if _is_of(to, session_of(row.event.start_timestamp))]

    def _symbols(self) -> Iterator[str]:
        """The symbols that have a row, each once.

        Only the rows' own keys name all of them, so this walks the keyspace, as nothing but an operator's command
        may. Records and boards of the day to move to are gone once the clock has rolled to another day, and when a
        move that died half-way is called again, they name only what was ranked since. Versions of reference data
        name no symbol without reference data, and expire long before rows do.
        """
        before, after = keys.row("*").split("*")
        found: set[bytes] = set()
        for key in cast(Iterator[bytes], self._redis.scan_iter(match=keys.row("*"), count=1_000)):
            if key in found:
                continue
            found.add(key)
            symbol = key.decode(errors="replace").removeprefix(before).removesuffix(after)
            # Other keys of this shape are not rows.
            if is_symbol(symbol):
                yield symbol


def _is_of(to: Session, session: Session) -> bool:
    return session.day == to.day and session <= to
