"""The session clock as an operator sees it, and puts it right after a wrong clock or a corrupt bar has moved it.

By itself it only rises. Where it is put back, the boards are made anew from the rows, which outlast every session:
a row tells its symbol's newest bar and the open price of that bar's session.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys, scripts
from leaderboard.boards import BOARDS
from leaderboard.event import Event, is_symbol
from leaderboard.packing import pack
from leaderboard.record import Record
from leaderboard.redis_errors import is_wrong_key
from leaderboard.sessions import Session, session_of
from leaderboard.store import MAX_BATCH, Store


class SessionClockError(Exception):
    """The clock cannot be put where it was to be; the text says why."""


@dataclass(frozen=True)
class Reading:
    """What the key of the session clock holds.

    Attributes:
        held: its type and, of a string, a blank and its value.
        session: None where it is absent, or no session.
    """

    held: bytes
    session: Session | None

    @property
    def is_junk(self) -> bool:
        """Whether something is there that is no session: no bar is applied."""
        return self.session is None and self.held != b"none"


@dataclass(frozen=True)
class PutRight:
    """What was done.

    Attributes:
        kept_opens: the open prices of all the day's sessions were there and stay; else those of each symbol's
            newest bar were taken from its row, and others are gone.
        ranked: symbols on the boards, made anew from their rows.
    """

    kept_opens: bool
    ranked: int


class SessionClock:
    """Reads the session clock, and puts it where it belongs.

    Args:
        redis: the Redis of the boards.
        store: of the same Redis.
    """

    def __init__(self, redis: Redis, store: Store) -> None:
        self._redis = redis
        self._store = store
        self._put = scripts.load(redis, "check.lua", "session.lua", "put_session.lua")

    def read(self) -> Reading:
        """What the clock holds, whatever that is."""
        kind = cast(bytes, self._redis.type(keys.SESSION))
        if kind != b"string":
            return Reading(kind, None)
        value = cast(bytes | None, self._redis.get(keys.SESSION)) or b""
        try:
            session = Session.from_number(int(value)) if value.isdigit() else None
        except ValueError:
            # Digits, of which no day can be made.
            session = None
        return Reading(b"string " + value, session)

    def put(self, to: Session, seen: Reading) -> PutRight:
        """Have the boards show the session `to`, with what the rows tell of its day.

        Bars may come meanwhile. A caller that dies half-way puts it right by doing it again.

        Args:
            to: the session.
            seen: what the caller has read.

        Raises:
            SessionClockError: the clock has moved since, or another key has to be mended first; nothing was done.
        """
        keep = self._has_records_of(to, seen)
        # Read before: the first bar of a symbol whose record is gone overwrites the open that its row tells.
        rows = self._rows_up_to(to)
        arguments: list[int | bytes] = [
            to.number,
            seen.held,
            int(keep),
            pack([board.clears_at_open for board in BOARDS]),
        ]
        try:
            done = self._put([*self._store.session_keys, keys.REFERENCE_VERSIONS], arguments)
        except ResponseError as error:
            if is_wrong_key(error):
                raise SessionClockError(f"another key has to be mended first: {error}") from error
            raise
        if not done:
            raise SessionClockError("the session clock has moved meanwhile, look again")
        recorded = set(self._store.symbols()) if keep else set()
        self._store.apply([event for event in rows if event.symbol not in recorded])
        if recorded:
            # Read again: bars that came meanwhile have changed them, and their records say so.
            self._store.rank_again(self._rows_up_to(to))
        return PutRight(keep, len(rows))

    def _has_records_of(self, to: Session, seen: Reading) -> bool:
        """Whether the records are those of that session's day."""
        if seen.session:
            return seen.session.day == to.day
        try:
            records = cast(list[bytes], self._redis.hvals(keys.RECORDS))
            newest = max((Record.parse(each).start for each in records), default=None)
        except (ResponseError, struct.error, ValueError):
            # Another type, or somebody else's fields.
            return False
        return newest is not None and session_of(newest).day == to.day

    def _rows_up_to(self, to: Session) -> list[Event]:
        """The newest bars of all symbols that have one of that session's day, and none of a later session."""
        events: list[Event] = []
        symbols = self._symbols()
        while batch := [*islice(symbols, MAX_BATCH)]:
            events += self._store.newest(batch)
        return [event for event in events if _is_of(to, session_of(event.start_timestamp))]

    def _symbols(self) -> Iterator[str]:
        """Those that have a row, each once. Nothing else lists them: so it is no part of a roll."""
        before, after = keys.row("*").split("*")
        found: set[bytes] = set()
        for key in cast(Iterator[bytes], self._redis.scan_iter(match=keys.row("*"), count=1_000)):
            if key in found:
                continue
            found.add(key)
            symbol = key.decode(errors="replace").removeprefix(before).removesuffix(after)
            # No row is of any other: it is somebody else's key.
            if is_symbol(symbol):
                yield symbol


def _is_of(to: Session, session: Session) -> bool:
    return session.day == to.day and session <= to
