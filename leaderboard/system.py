"""The core put together for one process: what tasks and feeds call."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any, NamedTuple, Self

from msgspec import to_builtins
from redis import Redis
from redis.exceptions import RedisError

from config.extras import extra
from config.log_throttle import LogThrottle
from config.settings import Settings
from leaderboard.clock import Clock
from leaderboard.conflation import Conflated, conflate
from leaderboard.connections.connection import connect_shards
from leaderboard.connections.pending import Pending
from leaderboard.connections.wrong_keys import naming_wrong_keys
from leaderboard.event import Event
from leaderboard.reason_kind import ReasonKind
from leaderboard.reference import ReferenceSource
from leaderboard.reference.csv_source import CsvSource
from leaderboard.reference.requests import PendingRequests, ReferenceRequest
from leaderboard.reference.store import ReferenceStore
from leaderboard.reference.upkeep import ReferenceUpkeep
from leaderboard.sessions import Session, session_of
from leaderboard.shards import Shards
from leaderboard.store.dead_letters import DeadLetters
from leaderboard.store.early import EarlyBars, parse_early
from leaderboard.store.first_server import FirstServer
from leaderboard.store.session_clock import SessionClock
from leaderboard.store.sharded_store import ShardedStore, over, stores_of
from leaderboard.store.snapshots import Snapshot, Snapshots
from leaderboard.store.store import Applied, Outcome
from leaderboard.validation import Refused, validate

log = logging.getLogger(__name__)

#: Milliseconds before its start at which a day counts as the present one for reference data, so that a warm-up at
#: 03:50 prepares the day that starts at 04:00.
AHEAD = 15 * 60 * 1000


class _AppliedBatch(NamedTuple):
    """Events that were applied, what was conflated into each (empty: nothing), and what Redis answered.

    `received` are the events as they came, before conflation.
    """

    received: Sequence[Event]
    events: Sequence[Event]
    conflated: Sequence[Conflated | None]
    applied: Applied

    def of(self, outcome: Outcome) -> list[Event]:
        """The events with this outcome."""
        return [event for event, each in zip(self.events, self.applied.outcomes, strict=True) if each is outcome]


@dataclass(frozen=True)
class Processed:
    """The result of a batch of payloads.

    Attributes:
        applied: events that changed their symbol's row.
        stale: events that are not newer than their symbol's newest one.
        late: events of an earlier day than the boards show.
        early: events that wait for their session to start; they are counted again when they are applied.
        conflated: events left out in favour of a newer one of their symbol.
        refused: payloads that became dead letters.
        lags: for each applied event, seconds from its end to now; empty if time is taken from events.
        fetch: reference data was requested, and the caller has to start the task that fetches it.
        waiting: indices of the payloads that have to be processed again, because the server that holds their
            symbol, or early bars and dead letters, failed.
        failure: what that server failed with; None: nothing waits.
    """

    applied: int = 0
    stale: int = 0
    late: int = 0
    early: int = 0
    conflated: int = 0
    refused: Sequence[Refused] = ()
    lags: Sequence[float] = field(default_factory=list)
    fetch: bool = False
    waiting: Sequence[int] = ()
    failure: Exception | None = None

    @property
    def dead(self) -> int:
        """How many payloads became dead letters."""
        return len(self.refused)


class System:
    """The leaderboards as one process sees them.

    Args:
        shards: the servers of the boards.
        clock: the deployment's time.
        settings: what the deployment decides.
        source: of reference data; None if feeds bring it, or another process has the source.

    Attributes:
        reference: keeps reference data up to date.
        session_clocks: of each server, for operators who have to move them.
        dead_letters: payloads that were refused.
    """

    def __init__(
        self, shards: Shards[Redis], clock: Clock, settings: Settings, source: ReferenceSource | None
    ) -> None:
        self._follows_events = settings.market_clock == "events"
        # Milliseconds; 0: never. When time is taken from events, none is behind.
        self._conflate_after = 0 if self._follows_events else round(settings.fold_after * 1000)
        self._bound = _bound_text(settings)
        self._shards = shards
        self._clock = clock
        redis = shards.first
        requests = PendingRequests(redis)
        reference = ReferenceStore(shards, has_source=lambda: source is not None or self._has_source(requests))
        self._stores = stores = stores_of(shards, reference, settings)
        self._store = over(stores)
        self._first = FirstServer(self._store.breakers.first if isinstance(self._store, ShardedStore) else None)
        self._early = EarlyBars(redis)
        self._snapshots = Snapshots(shards, interval=settings.publish_interval, size=settings.board_size)
        self._throttle = LogThrottle()
        self.reference = ReferenceUpkeep(shards, self._store, reference, requests, source, self.present_day)
        self.session_clocks = Shards([SessionClock(*each) for each in zip(shards, stores, strict=True)])
        self.dead_letters = DeadLetters(redis, most=settings.dead_letters)

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock | None = None) -> Self:
        """The core of a deployment.

        Args:
            settings: which Redis, and what else the deployment decides.
            clock: the process's, if it has one already.
        """
        clock = clock or Clock.from_settings(settings)
        return cls(connect_shards(settings), clock, settings, _source(settings))

    # --- events

    def process(self, payloads: Sequence[Any], tasks: Sequence[str] = ()) -> Processed:
        """Apply a batch of events; invalid ones become dead letters.

        Args:
            payloads: the events.
            tasks: for each, the id of the task that brought it, which its dead letter would tell.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refused to write. Retry the whole batch: events
                are idempotent.
        """
        return self.begin(payloads, tasks=tasks).result()

    def begin(
        self, payloads: Sequence[Any], texts: Sequence[bytes] = (), tasks: Sequence[str] = ()
    ) -> Pending[Processed]:
        """:meth:`process` without waiting, so that the next batch is prepared while Redis works on this one.

        Args:
            payloads, texts: as of :func:`leaderboard.validation.validate`.
            tasks: as of :meth:`process`.

        Raises:
            redis.exceptions.RedisError: as of :meth:`process`; so does the result.
        """
        events, refused = self._validated(payloads, texts)
        with naming_wrong_keys(*self._shards):
            applying = self._apply(events, *self._conflated(events))
        return Pending(partial(self._finish, applying, refused, tasks))

    def _validated(self, payloads: Sequence[Any], texts: Sequence[bytes]) -> tuple[list[Event], list[Refused]]:
        check = partial(validate, payloads, texts=texts, allow_future=self._follows_events)
        events, refused = check(self._clock.now())
        if any(each.kind is ReasonKind.FUTURE for each in refused):
            # The clock may be some seconds off. Refuse nothing for that.
            return check(self._clock.server_now())
        return events, refused

    def is_behind(self, end: int) -> bool:
        """Whether an event that ended then is so old that it may be left out in favour of a newer one.

        Args:
            end: Unix milliseconds.
        """
        return 0 < self._conflate_after < self._clock.now() - end

    def _conflated(self, events: Sequence[Event]) -> tuple[Sequence[Event], Sequence[Conflated | None]]:
        """The newest events of a backlog, and what was conflated into each; without a backlog, all events."""
        if not self._conflate_after:
            return events, ()
        latest = self._clock.now() - self._conflate_after
        # An event that starts after its end may be early: others must not be conflated into it.
        behind = [event for event in events if event.end_timestamp < latest and event.start_timestamp < latest]
        # A backlog is a batch most of whose events are behind.
        if len(behind) <= len(events) // 2:
            return events, ()
        newest, conflated = conflate(behind)
        young = [event for event in events if event.end_timestamp >= latest or event.start_timestamp >= latest]
        return [*newest, *young], [*conflated, *[None] * len(young)]

    def _apply(
        self, events: Sequence[Event], newest: Sequence[Event], conflated: Sequence[Conflated | None]
    ) -> Pending[_AppliedBatch]:
        """Have Redis apply `events`, conflated to the `newest` of them."""

        def check(applied: Applied) -> _AppliedBatch:
            if conflated and {Outcome.EARLY, Outcome.BEYOND} & {*applied.outcomes}:
                # Apply each by itself: events conflated into one that is not applied would be lost with it.
                return _AppliedBatch(events, events, (), self._store.apply(events))
            return _AppliedBatch(events, newest, conflated, applied)

        return self._store.begin(newest, conflated).then(check)

    def _finish(
        self, applying: Pending[_AppliedBatch], refused: Sequence[Refused], tasks: Sequence[str]
    ) -> Processed:
        with naming_wrong_keys(*self._shards):
            return self._complete(applying.result(), refused, tasks)

    def _complete(self, batch: _AppliedBatch, refused: Sequence[Refused], tasks: Sequence[str] = ()) -> Processed:
        """Keep early bars and dead letters, request reference data, and count."""
        count = batch.applied.count()
        invalid, failure = refused, next(iter(batch.applied.away.values()), None)
        waiting = self._waiting(batch, invalid) if count[Outcome.AWAY] else []
        if count[Outcome.BEYOND]:
            refused = [*refused, *self._refuse_beyond(batch, refused)]
        if tasks:
            refused = [each if each.index is None else replace(each, task=tasks[each.index]) for each in refused]
        if error := self._keep(batch.of(Outcome.EARLY) if count[Outcome.EARLY] else [], refused):
            waiting = sorted([*waiting, *self._not_kept(batch, invalid)])
            refused, count[Outcome.EARLY], failure = (), 0, failure or error
        return Processed(
            applied=count[Outcome.APPLIED],
            stale=count[Outcome.STALE],
            late=count[Outcome.LATE],
            early=count[Outcome.EARLY],
            conflated=sum(each.others for each in batch.conflated if each),
            refused=refused,
            lags=[] if self._follows_events else self._lags(batch.of(Outcome.APPLIED)),
            fetch=self._request(batch.applied.requests),
            waiting=waiting,
            failure=failure,
        )

    def _keep(self, early: Sequence[Event], refused: Sequence[Refused]) -> Exception | None:
        """Keep early bars and dead letters. Returns what the first of several servers failed with."""

        def keep() -> None:
            if early:
                self._keep_early(early)
            if refused:
                self.dead_letters.add(refused)

        return self._first.ask(keep) if early or refused else None

    def _request(self, requests: set[ReferenceRequest]) -> bool:
        """Request reference data; see :meth:`leaderboard.reference.upkeep.ReferenceUpkeep.request`."""
        # While the first of several servers is away, bars that come later request it again.
        return bool(requests) and self._first.ask(partial(self.reference.request, requests)) is True

    def _has_source(self, requests: PendingRequests) -> bool:
        """Whether any process has a source of reference data; while the first server is away, as before."""
        known = self._first.ask(requests.has_source)
        return requests.had_source if isinstance(known, RedisError) else known

    def _waiting(self, batch: _AppliedBatch, refused: Sequence[Refused]) -> list[int]:
        """The indices of the payloads whose symbols' servers have failed.

        Args:
            batch: what was applied of them.
            refused: payloads that came with them, and were no events.
        """
        return [
            index
            for index, event in zip(_valid_indices(batch, refused), batch.received, strict=True)
            if self._shards.index(event.symbol) in batch.applied.away
        ]

    def _not_kept(self, batch: _AppliedBatch, refused: Sequence[Refused]) -> list[int]:
        """The indices of the payloads that are early bars or dead letters.

        Args:
            batch, refused: as of :meth:`_waiting`; a batch with early bars was not conflated: see :meth:`_apply`.
        """
        kept = {Outcome.EARLY, Outcome.BEYOND} & {*batch.applied.outcomes}
        events = zip(_valid_indices(batch, refused), batch.applied.outcomes, strict=True) if kept else ()
        return [
            *(each.index for each in refused if each.index is not None),
            *(index for index, outcome in events if outcome in kept),
        ]

    def _lags(self, events: Sequence[Event]) -> list[float]:
        now = self._clock.now()
        return [max(0.0, (now - event.end_timestamp) / 1000) for event in events]

    def _refuse_beyond(self, batch: _AppliedBatch, refused: Sequence[Refused]) -> list[Refused]:
        """Refuse events of symbols beyond the day's bound.

        Args:
            batch: of events that were not conflated: see :meth:`_apply`.
            refused: payloads that came with them, and were no events.
        """
        if self._throttle.allows("too many symbols"):
            log.error("%s have traded today: bars of new symbols are refused", self._bound)
        reason = f"symbol: new, of no reference data, and {self._bound} have traded today"
        valid = _valid_indices(batch, refused)
        return [
            Refused(to_builtins(event), reason, ReasonKind.SYMBOLS_BOUND, index)
            for index, event, outcome in zip(valid, batch.events, batch.applied.outcomes, strict=True)
            if outcome is Outcome.BEYOND
        ]

    def _keep_early(self, events: Sequence[Event]) -> None:
        start = self._early.add(events)
        if self._throttle.allows("early bars"):
            ahead = (start - self._clock.now()) / 1000
            log.warning("bars came %.1f s before their session, and wait for it: a clock is wrong", ahead)

    def early_is_due(self) -> bool:
        """Whether to call :meth:`apply_early`. Cheap: it asks no server."""
        return self._early.is_due(self._clock.now()) and not self._first.is_away

    def apply_early(self) -> Processed:
        """Apply some of the early bars whose session has started.

        Raises:
            redis.exceptions.RedisError: as of :meth:`process`; the bars stay early bars.
        """
        now = self._clock.server_now()
        with naming_wrong_keys(*self._shards):
            texts = self._first.ask(partial(self._early.started, now, all_sessions=self._follows_events))
            if isinstance(texts, RedisError):
                raise texts
            return self._apply_early(texts) if texts else Processed()

    def _apply_early(self, texts: Sequence[bytes]) -> Processed:
        waited, refused = parse_early(texts)
        newest = conflate(waited) if self._conflate_after else (waited, ())
        batch = self._apply(waited, *newest).result()
        if Outcome.EARLY in batch.applied.outcomes:
            # Some are early by a moment. The next call applies all again; what was applied changes nothing.
            return Processed()
        processed = self._complete(batch, refused)
        # Last, so that none is lost if this process dies.
        waiting = {*processed.waiting}
        self._early.remove([text for at, text in enumerate(texts) if at not in waiting])
        return processed

    def abandon(self) -> None:
        """Give up the batches in flight: nobody will ask for their results, and they are processed again."""
        self._store.abandon()

    # --- sessions and snapshots

    def session(self) -> Session | None:
        """The session that the boards show; None before the first event."""
        return self._store.session()

    def roll_to_now(self) -> Session | None:
        """Roll the session clock to the present session.

        Returns:
            The new session; None if the clock had it already, or follows the events.
        """
        if self._follows_events:
            return None
        # Ask the server, whose clock may have been corrected a moment ago.
        session = session_of(self._clock.server_now())
        return session if self._store.roll(session) else None

    def present_day(self) -> date:
        """The trading day that it is, or that starts within :data:`AHEAD`."""
        session = self._store.session() if self._follows_events else None
        return session.day if session else session_of(self._clock.now() + AHEAD).day

    def publish(self) -> Snapshot:
        """Publish the boards; see :meth:`leaderboard.store.snapshots.Snapshots.publish`."""
        return self._snapshots.publish()


def _valid_indices(batch: _AppliedBatch, refused: Sequence[Refused]) -> list[int]:
    """For each event that was received, the index of its payload.

    Args:
        batch: of the events.
        refused: the payloads that came with them, and were no events.
    """
    invalid = {each.index for each in refused}
    return [index for index in range(len(batch.received) + len(refused)) if index not in invalid]


def _bound_text(settings: Settings) -> str:
    """What bounds the symbols of a day, in words."""
    bound = f"SYMBOLS_BOUND ({settings.symbols_bound:,})"
    if len(settings.board_servers) == 1:
        return bound
    return f"its server's share of {bound}, {settings.symbols_bound_of_server:,},"


def _source(settings: Settings) -> ReferenceSource | None:
    # Somebody has named a file on purpose, so it takes precedence.
    if settings.reference_file:
        return CsvSource(settings.reference_file)
    if settings.massive_api_key:
        # Imported here because it is slow to import, and not every deployment has the package.
        with extra("massive"):
            from leaderboard.reference.massive.source import MassiveSource
        return MassiveSource.from_settings(settings)
    return None
