"""The store: applies events to the boards in Redis, and rolls the session clock."""

import struct
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import islice
from typing import Any, Self, cast

from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.conflation import Conflated, numbered
from leaderboard.connections.pending import Pending
from leaderboard.connections.redis_errors import WrongKeyError
from leaderboard.event import Event
from leaderboard.fields import BY_NAME, CHANGING, FIELDS
from leaderboard.reference.cache import CachedReference
from leaderboard.reference.requests import ReferenceRequest
from leaderboard.reference.store import ReferenceStore
from leaderboard.row import NUMBERS, StoredRow, changing_texts, numbers_of, numbers_of_quote
from leaderboard.scripts import row_script, script
from leaderboard.scripts.packing import pack, sequence
from leaderboard.scripts.script_pipeline import ScriptPipeline
from leaderboard.sessions import Session, session_of
from leaderboard.store import totals
from leaderboard.store.opens import Opens
from leaderboard.store.record import Record
from leaderboard.store.session_roll import SESSION_KEYS, SessionRoll
from leaderboard.store.shard_mark import ShardMark
from leaderboard.tape.batch import NO_ENTRY, batch_entry

#: Seconds that rows and quotes live: longer than any weekend with a holiday beside it.
ROW_TTL = 4 * 24 * 3600

#: Events per script call. It bounds how long one call blocks Redis. Lua's `unpack` takes some thousands
#: of values at most.
MAX_BATCH = 500

# Reference data that changes again at each attempt means that something else is wrong.
_ATTEMPTS = 10

#: The parts of the script that applies events, in their order.
APPLY = ("check.lua", "tape.lua", "session.lua", "doubles.lua", row_script.lua, totals.lua, "apply.lua")

_Timed = tuple[Event, Session, Conflated | None]
# Open prices by the session's number, then by symbol.
_Opens = Mapping[int, dict[str, float]]


class Outcome(Enum):
    """What became of an event. ``AWAY``: nothing yet, because its server failed; the script never returns it."""

    APPLIED = "A"
    STALE = "S"
    LATE = "L"
    EARLY = "E"
    BEYOND = "B"
    AWAY = "W"


class ReferenceChurnError(Exception):
    """Reference data changed between reading it and applying the events, again and again."""


@dataclass(frozen=True)
class Applied:
    """What became of a batch.

    Attributes:
        outcomes: one per event, in order.
        requests: for the reference data that events of the day were applied without.
        away: by the index of a server that failed, what it failed with.
    """

    outcomes: list[Outcome]
    requests: set[ReferenceRequest]
    away: Mapping[int, Exception] = field(default_factory=dict)

    def count(self) -> Counter[Outcome]:
        return Counter({outcome: self.outcomes.count(outcome) for outcome in Outcome})


class Store:
    """Writes rows, quotes, boards and sessions. Any number of processes may share the same Redis.

    Args:
        redis: the Redis of the boards.
        reference: the process's reference data.
        board_size: rows on a published board.
        board_retain: symbols kept on a board that cannot be trimmed exactly to `board_size`.
        symbols_bound: symbols in a day. Beyond that, new symbols without reference data are refused.
        follows_events: events are the time source: any event of a later session rolls the session clock. Else
            the server's clock is: events whose session it has not reached are early, and change nothing.
        mark: tells that the server is the one that this process takes it for.
    """

    def __init__(
        self,
        redis: Redis,
        reference: ReferenceStore,
        *,
        board_size: int,
        board_retain: int,
        symbols_bound: int,
        follows_events: bool,
        mark: ShardMark,
    ) -> None:
        self._redis = redis
        self._reference = reference
        self._follows_events = follows_events
        self._mark = mark
        self._opens = Opens()
        # Whether somebody recorded when Redis replied last: then batches are sent with their bars for the tape.
        self._is_recorded = False
        self._apply = ScriptPipeline(redis, script.load(redis, *APPLY))
        self._roll = SessionRoll(redis)
        self._constants = pack(
            {
                "fields": [board.field for board in BOARDS],
                "ascending": [board.ascending for board in BOARDS],
                "clears_at_open": [board.clears_at_open for board in BOARDS],
                "retain": [board_size if board.trims_exactly else board_retain for board in BOARDS],
                "ttl": ROW_TTL,
                "symbols_bound": symbols_bound,
            }
        )

    @classmethod
    def from_settings(cls, redis: Redis, reference: ReferenceStore, settings: Settings, mark: ShardMark) -> Self:
        """The store of one of a deployment's servers.

        Args:
            redis: the server.
            reference: the process's reference data.
            settings: what the deployment decides.
            mark: the server's.
        """
        return cls(
            redis,
            reference,
            board_size=settings.board_size,
            board_retain=settings.board_retain,
            symbols_bound=settings.symbols_bound_of_server,
            follows_events=settings.market_clock == "events",
            mark=mark,
        )

    def session(self) -> Session | None:
        """The session that the boards show; None before the first event."""
        number = cast(bytes | None, self._redis.get(keys.SESSION))
        try:
            return Session.from_number(int(number)) if number else None
        except ValueError as error:
            raise WrongKeyError(f"{keys.SESSION} does not hold a number of its kind") from error

    def symbols(self) -> list[str]:
        """The symbols that have traded on the day that the boards show."""
        return [symbol.decode() for symbol in cast(list[bytes], self._redis.hkeys(keys.RECORDS))]

    def roll(self, to: Session) -> bool:
        """Roll the session clock forward and clear what ends with the session it leaves.

        Returns:
            Whether the clock moved. It does not if it stands at `to` or later.
        """
        return self._roll.to(to)

    def apply(self, events: Sequence[Event]) -> Applied:
        """Apply events: one script call for every :data:`MAX_BATCH` of them.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refused to write. Some of the events may have
                been applied; retry all of them: events are idempotent.
        """
        return self.begin(events).result()

    def begin(self, events: Sequence[Event], conflated: Sequence[Conflated | None] = ()) -> Pending[Applied]:
        """Have Redis apply events without waiting, so that the caller can prepare the next ones meanwhile.

        Args:
            events: any number.
            conflated: what each of them replaces (:func:`leaderboard.conflation.conflate`); unset: nothing.

        Returns:
            What became of them.

        Raises:
            redis.exceptions.RedisError: as of :meth:`apply`; so does the result.
        """
        return self._begin(events, conflated or [None] * len(events), refresh=False)

    def abandon(self) -> None:
        """Give up what is in flight: nobody will ask for its result."""
        self._apply.abandon()

    def refresh(self, symbols: Collection[str]) -> int:
        """Rewrite those rows of `symbols` whose reference data has changed since their newest event.

        Returns:
            The number of rows that changed.
        """
        names = list(symbols)
        events: list[Event] = []
        for start in range(0, len(names), MAX_BATCH):
            events += self._outdated(names[start : start + MAX_BATCH])
        return self._begin(events, [None] * len(events), refresh=True).result().count()[Outcome.APPLIED]

    def restore(self, rows: Sequence[StoredRow]) -> None:
        """Apply the events of `rows` whose symbols have lost their records, with what the rows say of the day."""
        days = [Conflated(event.start_timestamp, event.end_timestamp, 0, day) for event, day in rows]
        self.begin([row.event for row in rows], days).result()

    def rank_again(self, events: Sequence[Event]) -> None:
        """Rank each symbol by its event, unless a newer one has been applied since. Its quote is published again.

        Args:
            events: of the sessions of the day shown, as :meth:`newest` tells them.
        """
        self._begin(events, [None] * len(events), refresh=True).result()

    def _outdated(self, symbols: Sequence[str]) -> list[Event]:
        """The newest events of those `symbols` whose rows were made with other reference data, or lack a field."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(keys.RECORDS, list(symbols))
            for symbol in symbols:
                pipe.hlen(keys.row(symbol))
            packed, *lengths = pipe.execute(raise_on_error=False)
        if isinstance(packed, Exception):
            raise packed
        # Symbols that have not traded today have no record: today's reference data does not apply to their rows.
        records = {symbol: _record(symbol, each) for symbol, each in zip(symbols, packed, strict=True) if each}
        # A key of another type has no length, so its row counts as incomplete.
        whole = {symbol for symbol, length in zip(symbols, lengths, strict=True) if length == len(FIELDS)}
        days = {symbol: session_of(record.start).day for symbol, record in records.items()}
        outdated: list[str] = []
        for day in set(days.values()):
            known = self._reference.read(day, [symbol for symbol in days if days[symbol] == day])
            outdated += [
                symbol
                for symbol, what in known.items()
                if symbol not in whole or what.template.digest != records[symbol].digest
            ]
        return [row.event for row in self.newest(outdated)]

    def newest(self, symbols: Sequence[str]) -> list[StoredRow]:
        """The rows of `symbols`, read back: their newest events, and what is known of their day.

        A row may be gone, lack a field that its release did not have yet, or hold one that is no number. What it
        lacks is read from its quote, if that has it. (``stored_quote`` of ``apply.lua`` does the same.)
        """
        with self._redis.pipeline(transaction=False) as pipe:
            for symbol in symbols:
                pipe.hgetall(keys.row(symbol))
            held = dict(zip(symbols, pipe.execute(raise_on_error=False), strict=True))
        stored = {symbol: numbers_of(row) if isinstance(row, dict) else {} for symbol, row in held.items()}
        if incomplete := [symbol for symbol, row in stored.items() if len(row) < NUMBERS]:
            # For a key that is no string, MGET returns None.
            quotes = cast(list[bytes | None], self._redis.mget([keys.quote(symbol) for symbol in incomplete]))
            for symbol, quote in zip(incomplete, quotes, strict=True):
                stored[symbol] = numbers_of_quote(quote) | stored[symbol] if quote else stored[symbol]
        return [StoredRow.of({**row, "symbol": symbol}) for symbol, row in stored.items() if row]

    def _begin(
        self, events: Sequence[Event], conflated: Sequence[Conflated | None], *, refresh: bool
    ) -> Pending[Applied]:
        """Send the first :data:`MAX_BATCH` events now, each further batch while Redis works on the one before."""
        self._mark.check()
        batches = (
            self._begin_batch(events[start : start + MAX_BATCH], conflated[start : start + MAX_BATCH], refresh)
            for start in range(0, len(events), MAX_BATCH)
        )
        in_flight = deque(islice(batches, 1))
        return Pending(partial(self._gather, in_flight, batches))

    def _gather(self, in_flight: deque[Pending[Applied]], batches: Iterator[Pending[Applied]]) -> Applied:
        outcomes: list[Outcome] = []
        requests: set[ReferenceRequest] = set()
        try:
            while in_flight:
                in_flight.extend(islice(batches, 1))
                applied = in_flight.popleft().result()
                outcomes += applied.outcomes
                requests |= applied.requests
        except BaseException:
            # The caller applies all events again, those in flight too.
            self.abandon()
            raise
        return Applied(outcomes, requests)

    def _begin_batch(
        self, events: Sequence[Event], conflated: Sequence[Conflated | None], refresh: bool
    ) -> Pending[Applied]:
        batch = [
            (event, session_of(event.start_timestamp), what) for event, what in zip(events, conflated, strict=True)
        ]
        known = self._known(batch)
        return self._send(batch, known, refresh).then(partial(self._settle, batch, known, refresh))

    def _settle(self, batch: Sequence[_Timed], known: list[CachedReference], refresh: bool, reply: str) -> Applied:
        """Send events that were made with stale reference data again, until none is."""
        outcomes, attempts = [*reply], 1
        while left := [n for n, outcome in enumerate(outcomes) if outcome == "R"]:
            if attempts == _ATTEMPTS:
                raise ReferenceChurnError(", ".join(sorted({batch[n][0].symbol for n in left})[:5]))
            attempts += 1
            self._reference.invalidate(batch[n][0].symbol for n in left)
            rest = [batch[n] for n in left]
            known_now = self._known(rest)
            now = self._send(rest, known_now, refresh).result()
            for n, what, outcome in zip(left, known_now, now, strict=True):
                known[n], outcomes[n] = what, outcome
        requests = {
            ReferenceRequest(event.symbol, session.day)
            for (event, session, _), what, outcome in zip(batch, known, outcomes, strict=True)
            # Not for late events: no board shows their day, which a corrupt timestamp may have made up.
            if what.needs_request and outcome in "AS"
        }
        return Applied([_OUTCOMES[outcome] for outcome in outcomes], requests)

    def _known(self, batch: Sequence[_Timed]) -> list[CachedReference]:
        """For each event the reference data of its symbol on its day."""
        days = {session.day_number: session.day for _, session, _ in batch}
        if len(days) == 1:
            (day,) = days.values()
            symbols = [event.symbol for event, _, _ in batch]
            of_day = self._reference.read(day, symbols)
            return [of_day[symbol] for symbol in symbols]
        # The newest day first: for it the cache reads the whole market, for the others only these symbols.
        known = {
            number: self._reference.read(day, [event.symbol for event, at, _ in batch if at.day_number == number])
            for number, day in sorted(days.items(), reverse=True)
        }
        return [known[session.day_number][event.symbol] for event, session, _ in batch]

    def _send(self, batch: Sequence[_Timed], known: Sequence[CachedReference], refresh: bool) -> Pending[str]:
        """Call the apply script. The result has one character per event: its outcome."""
        sessions = {session.number: session for _, session, _ in batch}
        opens = {number: self._opens.of(number) for number in sessions}
        symbols, row_keys, values = _packed(batch, known, opens)
        names = [*SESSION_KEYS, keys.REFERENCE_VERSIONS, *row_keys, keys.TOTALS]
        arguments = [
            self._constants,
            b"1" if refresh else b"0",
            pack(symbols),
            values,
            pack(numbered([what for _, _, what in batch])),
            pack({} if self._follows_events else {number: each.start for number, each in sessions.items()}),
            pack({number: each.close for number, each in sessions.items()}),
        ]
        taped = [*arguments, *_taped(batch, refresh)] if self._is_recorded else [*arguments, NO_ENTRY]
        return self._apply.send(names, taped).then(
            partial(self._outcomes, batch, opens, refresh, names, arguments)
        )

    def _outcomes(
        self,
        batch: Sequence[_Timed],
        opens: _Opens,
        refresh: bool,
        names: Sequence[str],
        arguments: Sequence[Any],
        reply: list[Any],
    ) -> str:
        """The script's outcomes; open prices that it corrected are noted in `opens`.

        If a recorder has come since the worker last heard from Redis, the batch is sent again with its bars.
        """
        if not reply[0]:
            reply = self._apply.send(names, [*arguments, *_taped(batch, refresh)]).result()
        outcomes, recorded, *corrected = reply
        self._is_recorded = recorded == 1
        for n, price in zip(corrected[::2], corrected[1::2], strict=True):
            event, session, _ = batch[n - 1]
            opens[session.number][event.symbol] = float(price)
        return cast(bytes, outcomes).decode()


def _packed(
    batch: Sequence[_Timed], known: Sequence[CachedReference], opens: _Opens
) -> tuple[list[str], list[str], bytes]:
    """A batch as ``apply.lua`` takes it: its symbols, each once; the keys of their rows and quotes; its events."""
    index: dict[str, int] = {}
    row_keys: list[str] = []
    values: list[Any] = []
    supposed = [opens[session.number].setdefault(event.symbol, event.open) for event, session, _ in batch]
    made = changing_texts([event for event, _, _ in batch], [what.template for what in known], supposed)
    for (event, session, _), (version, template, _), (own_open, *texts) in zip(batch, known, made, strict=True):
        symbol = event.symbol
        if symbol not in index:
            index[symbol] = len(index) + 1
            row_keys += template.row_key, template.quote_key
        values += (
            index[symbol],
            session.number,
            event.start_timestamp,
            event.end_timestamp,
            event.accumulated_volume,
            event.high or event.close,
            event.low or event.close,
            version,
            template.digest + texts[_OFFICIAL_OPEN],
            template.stand_ins,
            own_open,
        )
        values += texts
        values += template.constant_runs(texts)
    return [*index], row_keys, sequence(values)


def _taped(batch: Sequence[_Timed], refresh: bool) -> list[Any]:
    """What a batch's entry of the tape is made of."""
    events, conflated = [event for event, _, _ in batch], [what for _, _, what in batch]
    return batch_entry(events, None if refresh else conflated)


def _record(symbol: str, packed: bytes) -> Record:
    """Parse the record of a symbol's day. As in ``apply.lua``, the error names the symbol."""
    try:
        return Record.parse(packed)
    except (struct.error, ValueError) as error:
        raise WrongKeyError(f"{keys.RECORDS} does not hold a record of the field {symbol}") from error


_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_OFFICIAL_OPEN = CHANGING.index(BY_NAME["official_open_price"])
