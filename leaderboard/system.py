"""The parts of the core put together for one process: what tasks and feeds call."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Self

from msgspec import to_builtins
from redis import Redis
from redis.exceptions import ResponseError
from redis.lock import Lock

from config.log_throttle import LogThrottle
from config.settings import Settings
from leaderboard.clock import Clock
from leaderboard.conflation import Conflated, conflate
from leaderboard.connection import connect
from leaderboard.dead_letters import DeadLetters
from leaderboard.early import EarlyBars, parse_early
from leaderboard.event import Event, Refused, parse_plain, validate
from leaderboard.key_faults import named
from leaderboard.pending import Pending
from leaderboard.reference import Reference, ReferenceSource
from leaderboard.reference.csv_source import CsvSource
from leaderboard.reference.requests import FRESH, Requests, alive
from leaderboard.reference.source import SourceError
from leaderboard.reference.store import BATCH, PREVIOUS_DAY_TTL, ReferenceStore, Wanted
from leaderboard.session_clock import SessionClock
from leaderboard.sessions import Session, session_of
from leaderboard.snapshots import Snapshot, Snapshots
from leaderboard.store import MAX_BATCH, Applied, Outcome, Store

log = logging.getLogger(__name__)

#: Milliseconds between two looks for bars that wait for their session, where none is known to.
EARLY_LOOK = 5_000

#: Milliseconds by which warming looks ahead: at 03:50 it prepares the day that starts at 04:00.
AHEAD = 15 * 60 * 1000

# Events that were applied, what was conflated into each of them, and what became of them.
_Fate = tuple[Sequence[Event], Sequence[Conflated | None], Applied]


@dataclass(frozen=True)
class Processed:
    """What became of a batch of payloads.

    Attributes:
        applied: events that changed their symbol's row.
        stale: events behind their symbol's newest one.
        late: events of an earlier day than the boards show.
        early: events that wait for their session to begin; they count again once it has.
        conflated: events left out in favour of a newer one of their symbol.
        dead: payloads refused and kept as dead letters.
        lags: for each applied event, seconds from its end to now; none where time is what the events say.
        fetch: reference data is wanted and nobody is fetching it: start the task that does.
    """

    applied: int = 0
    stale: int = 0
    late: int = 0
    early: int = 0
    conflated: int = 0
    dead: int = 0
    lags: Sequence[float] = field(default_factory=list)
    fetch: bool = False


@dataclass(frozen=True)
class Filled:
    """What came of asking a source for reference data.

    Attributes:
        symbols: those that were answered; of the whole market, those whose data changed.
        skipped: why nothing was asked; empty where it was, or nothing was wanted.
    """

    symbols: int = 0
    skipped: str = ""


class System:
    """The leaderboards as one process sees them.

    Args:
        redis: the Redis of the boards.
        clock: what time it is.
        settings: what the deployment decides.
        source: where reference data comes from; None: from what feeds bring, and from other processes' source.
    """

    def __init__(self, redis: Redis, clock: Clock, settings: Settings, source: ReferenceSource | None) -> None:
        self._follows_events = settings.market_clock == "events"
        # Where time is what the events say, none is behind.
        self._conflate_after = 0 if self._follows_events else round(settings.fold_after * 1000)
        self._bound = settings.symbols_bound
        self._source = source
        self._redis = redis
        self._clock = clock
        self._requests = Requests(redis)
        self._reference = ReferenceStore(redis, asks=self._asks)
        self._store = Store(
            redis,
            self._reference,
            board_size=settings.board_size,
            board_retain=settings.board_retain,
            symbols_bound=settings.symbols_bound,
            follows_events=self._follows_events,
        )
        self._early = EarlyBars(redis)
        # When to look next whether the session of bars that wait has begun, Unix milliseconds.
        self._early_due = 0.0
        self._snapshots = Snapshots(redis, interval=settings.publish_interval, size=settings.board_size)
        self._throttle = LogThrottle()
        self.session_clock = SessionClock(redis, self._store)
        self.dead_letters = DeadLetters(redis, most=settings.dead_letters)

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock | None = None) -> Self:
        """The core of a deployment.

        Args:
            settings: which Redis, and what else the deployment decides.
            clock: the process's, where it has one already.
        """
        clock = clock or Clock.from_settings(settings)
        return cls(connect(settings.redis_url, settings.redis_master), clock, settings, _source(settings))

    # --- events

    def process(self, payloads: Sequence[Any]) -> Processed:
        """Validate a batch, keep what is refused as dead letters, apply the rest.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refused to write. Processing the whole batch
                again is right.
        """
        return self.begin(payloads).result()

    def begin(self, payloads: Sequence[Any]) -> Pending[Processed]:
        """:meth:`process` without waiting, so that the next batch is prepared while Redis works on this one.

        Raises:
            redis.exceptions.RedisError: as of :meth:`process`; so does the result.
        """
        return self._begin(*self._validated(payloads))

    def begin_plain(self, texts: Sequence[bytes], payload: Callable[[int], Any]) -> Pending[Processed]:
        """:meth:`begin` of a batch of JSON texts, most of which are plain events and need no dict each.

        Args:
            texts: JSON.
            payload: what the text of a number holds, for those of which a closer look has to be taken.

        Raises:
            redis.exceptions.RedisError: as of :meth:`begin`.
            Exception: `payload` did.
        """
        events: list[Event] = []
        refused: list[Refused] = []
        # In pieces: one text that is no plain event shall not have the whole of a backlog looked at twice.
        for start in range(0, len(texts), MAX_BATCH):
            piece = texts[start : start + MAX_BATCH]
            plain = parse_plain(piece, self._clock.now(), allow_future=self._follows_events)
            if plain is not None:
                events += plain
                continue
            others, bad = self._validated([payload(n) for n in range(start, start + len(piece))])
            events += others
            refused += bad
        return self._begin(events, refused)

    def _validated(self, payloads: Sequence[Any]) -> tuple[list[Event], list[Refused]]:
        events, refused = validate(payloads, self._clock.now(), allow_future=self._follows_events)
        if any(each.ahead for each in refused):
            # Not for an answer of Redis that is some seconds old.
            return validate(payloads, self._clock.asked_now(), allow_future=self._follows_events)
        return events, refused

    def is_behind(self, end: int) -> bool:
        """Whether an event that ended then is so old that it may be left out in favour of a newer one.

        Args:
            end: Unix milliseconds.
        """
        return 0 < self._conflate_after < self._clock.now() - end

    def _conflated(self, events: Sequence[Event]) -> tuple[Sequence[Event], Sequence[Conflated | None]]:
        """The events of a backlog conflated, and what was conflated into each; others as they are."""
        if not self._conflate_after:
            return events, ()
        latest = self._clock.now() - self._conflate_after
        # One that begins after its end may be early: others must not be conflated into it.
        behind = [event for event in events if event.end_timestamp < latest and event.start_timestamp < latest]
        # A few old ones among those of the present are no backlog, and a few young ones do not undo one.
        if len(behind) <= len(events) // 2:
            return events, ()
        newest, conflated = conflate(behind)
        young = [event for event in events if event.end_timestamp >= latest or event.start_timestamp >= latest]
        return [*newest, *young], [*conflated, *[None] * len(young)]

    def _begin(self, events: Sequence[Event], refused: Sequence[Refused]) -> Pending[Processed]:
        with named(self._redis):
            applying = self._begin_conflated(events, *self._conflated(events))
        return Pending(partial(self._finish, applying, refused))

    def _finish(self, applying: Pending[_Fate], refused: Sequence[Refused]) -> Processed:
        with named(self._redis):
            return self._ended(*applying.result(), refused)

    def _begin_conflated(
        self, events: Sequence[Event], newest: Sequence[Event], conflated: Sequence[Conflated | None]
    ) -> Pending[_Fate]:
        """Have Redis apply events that are conflated."""

        def check(applied: Applied) -> _Fate:
            if conflated and {Outcome.EARLY, Outcome.BEYOND} & {*applied.outcomes}:
                # What is conflated into a bar that waits, or is refused, would be lost with it.
                return events, (), self._store.apply(events)
            return newest, conflated, applied

        return self._store.begin(newest, conflated).then(check)

    def _ended(
        self,
        events: Sequence[Event],
        conflated: Sequence[Conflated | None],
        applied: Applied,
        refused: Sequence[Refused],
    ) -> Processed:
        count = applied.count()
        if count[Outcome.BEYOND]:
            refused = [*refused, *self._beyond(events, applied)]
        if count[Outcome.EARLY]:
            outcomes = zip(events, applied.outcomes, strict=True)
            self._keep_early([event for event, outcome in outcomes if outcome is Outcome.EARLY])
        if refused:
            self.dead_letters.add(refused)
        return Processed(
            applied=count[Outcome.APPLIED],
            stale=count[Outcome.STALE],
            late=count[Outcome.LATE],
            early=count[Outcome.EARLY],
            conflated=sum(each.others for each in conflated if each),
            dead=len(refused),
            lags=[] if self._follows_events else _lags(events, applied.outcomes, self._clock.now()),
            fetch=self._ask(applied.due),
        )

    def _beyond(self, events: Sequence[Event], applied: Applied) -> list[Refused]:
        """The events whose symbols are too many, as dead letters."""
        beyond = [
            event for event, outcome in zip(events, applied.outcomes, strict=True) if outcome is Outcome.BEYOND
        ]
        if self._throttle.allows("too many symbols"):
            log.error("%d symbols have traded today: bars of new ones are refused", self._bound)
        reason = f"symbol: new, of no reference data, and SYMBOLS_BOUND ({self._bound:,}) have traded today"
        return [Refused(to_builtins(event), reason) for event in beyond]

    def _keep_early(self, events: Sequence[Event]) -> None:
        self._early.add(events)
        start = min(session_of(event.start_timestamp).start for event in events)
        self._early_due = min(self._early_due, start)
        if self._throttle.allows("early bars"):
            ahead = (start - self._clock.now()) / 1000
            log.warning("bars came %.1f s before their session, and wait for it: a clock is wrong", ahead)

    def early_is_due(self) -> bool:
        """Whether to call :meth:`apply_early`: cheap, to be asked with every batch."""
        return self._clock.now() >= self._early_due

    def apply_early(self) -> Processed:
        """Apply some of the bars that waited for their session, where it has begun.

        Raises:
            redis.exceptions.RedisError: as of :meth:`process`; the bars wait on.
        """
        now = self._clock.asked_now()
        with named(self._redis):
            texts = self._early.begun(math.inf if self._follows_events else now)
            self._early_due = 0.0 if texts else min(self._early.next_start(), now + EARLY_LOOK)
            return self._apply_early(texts, now) if texts else Processed()

    def _apply_early(self, texts: Sequence[bytes], now: int) -> Processed:
        waited, refused = parse_early(texts, now)
        newest = conflate(waited) if self._conflate_after else (waited, ())
        events, conflated, applied = self._begin_conflated(waited, *newest).result()
        if Outcome.EARLY in applied.outcomes:
            # By a moment. They are still there, and what was applied changes nothing when it comes again.
            return Processed()
        processed = self._ended(events, conflated, applied, refused)
        # Last, so that none is lost with this process.
        self._early.remove(texts)
        return processed

    def abandon(self) -> None:
        """Give up the batches in flight: nobody will ask for their results, and they are processed again."""
        self._store.abandon()

    def _asks(self) -> bool:
        return self._source is not None or self._requests.is_sourced()

    def _ask(self, due: set[Wanted]) -> bool:
        if not due:
            return False
        # Where it fails it is asked for again before long: the bars are on the boards and do not wait for it.
        self._reference.asked(due)
        try:
            with named(self._redis):
                return self._requests.ask(due)
        except ResponseError as error:
            if self._throttle.allows(str(error)):
                log.warning("reference data cannot be asked for: %s", error)
            return False

    def bury(self, payload: Any, reason: str) -> None:
        """Keep a payload that cannot be processed as a dead letter."""
        self.bury_all([Refused(payload, reason)])

    def bury_all(self, refused: Sequence[Refused]) -> None:
        """Keep payloads that cannot be processed as dead letters."""
        with named(self._redis):
            self.dead_letters.add(refused)

    # --- sessions and snapshots

    def session(self) -> Session | None:
        """The session that the boards show; None before the first event."""
        return self._store.session()

    def roll_to_now(self) -> Session | None:
        """Roll the session clock to the present session.

        Returns:
            The session rolled to, None where the clock stood there already or follows the events.
        """
        if self._follows_events:
            return None
        # Not by an answer of some seconds ago: the clock of Redis may have been put right since.
        session = session_of(self._clock.asked_now())
        return session if self._store.roll(session) else None

    def publish(self) -> Snapshot:
        """Publish the boards; see :meth:`leaderboard.snapshots.Snapshots.publish`."""
        return self._snapshots.publish()

    # --- reference data

    def learn(self, day: date, answers: Mapping[str, Reference | None]) -> int:
        """Take in reference data and make the rows that it changes anew.

        Args:
            day: the trading day whose previous day's figures these are.
            answers: symbol to what is known of it; None: the source does not know the symbol.

        Returns:
            The number of symbols whose reference data changed.
        """
        with named(self._redis):
            changed = self._reference.learn(day, answers)
            # All of them, and not only those that changed: a caller that died between the two steps runs again.
            self._store.refresh(answers)
            return changed

    def fetch_wanted(self) -> Filled:
        """Ask the source for what workers met without reference data, until nothing is wanted.

        Raises:
            SourceError: the source could not answer; what is wanted stays wanted.
        """
        with named(self._redis):
            return self._fetch_wanted()

    def _fetch_wanted(self) -> Filled:
        if self._source is None:
            # Left to a process that has one.
            if self._requests.is_anything_wanted():
                return Filled(skipped="symbols wait for it, and this process has no source to ask")
            return Filled()
        self._requests.source()
        # The market's answer will have most of them; what it lacks is asked for when the next call comes.
        if self._requests.is_warming(self.present_day()):
            return Filled(skipped="the whole market is being asked for")
        with self._requests.fetching() as lock:
            return self._fetch_until_answered(lock) if lock else Filled(skipped="another task is at it")

    def _fetch_until_answered(self, lock: Lock) -> Filled:
        answered = 0
        while alive(lock) and (wanted := self._requests.wanted(BATCH)):
            self._fetch(wanted)
            self._requests.settle(wanted)
            answered += len(wanted)
        return Filled(answered)

    def _fetch(self, wanted: Sequence[Wanted]) -> None:
        # What this process remembers may be older than another's answer.
        self._reference.forget(each.symbol for each in wanted)
        for day in {each.day for each in wanted}:
            known = self._reference.read(day, [each.symbol for each in wanted if each.day == day])
            self._ask_source([symbol for symbol, what in known.items() if what.due], day)
        # Also of those that were known already: whoever learned them may have died before this step.
        self._store.refresh([each.symbol for each in wanted])

    def _ask_source(self, symbols: Sequence[str], day: date) -> int:
        """Ask for these symbols and store what is answered. Returns how many symbols' data changed."""
        if not symbols or not self._source:
            return 0
        answers = self._source.fetch(symbols, day)
        return self._reference.learn(day, {symbol: answers.get(symbol) for symbol in symbols})

    def needs_warming(self) -> bool:
        """Whether there is a source and its bulk answers for the present day are not in Redis."""
        return (
            self._source is not None
            and self._requests.seconds_since_warming(self.present_day()) >= PREVIOUS_DAY_TTL
        )

    def present_day(self) -> date:
        """The trading day that it is, or that begins within :data:`AHEAD`."""
        session = self._store.session() if self._follows_events else None
        return session.day if session else session_of(self._clock.now() + AHEAD).day

    def warm(self, *, again: bool = False) -> Filled:
        """Ask the source for the whole market.

        Args:
            again: also where that was done within the last ten minutes; and ask anew for the symbols of the day
                whose previous close or average volume is unknown, whatever was answered before.

        Returns:
            The number of symbols whose reference data changed.

        Raises:
            SourceError: the source could not answer, or another task is at it and may not come to its end.
        """
        day = self.present_day()
        if self._source is None:
            return Filled(skipped="this process has no source to ask")
        ago = self._requests.seconds_since_warming(day)
        if ago < FRESH and not again:
            return Filled(skipped=f"the market was asked for {ago:.0f} s ago, and is within {FRESH} s once")
        changed = 0
        with self._requests.warming(day) as lock:
            if lock is None:
                raise SourceError(f"the market is being warmed for {day} by another task")
            for answers in self._source.fetch_all(day):
                changed += self.learn(day, answers)
                _renew(lock, day)
            if again:
                with named(self._redis):
                    changed += self._ask_for_unknown(day, lock)
            self._requests.warmed(day)
        return Filled(changed)

    def _ask_for_unknown(self, day: date, lock: Lock) -> int:
        """Ask for the day's symbols of which something is unknown. Returns how many symbols' data changed."""
        changed, symbols = 0, self._store.symbols()
        for start in range(0, len(symbols), BATCH):
            some = symbols[start : start + BATCH]
            self._reference.forget(some)
            known = self._reference.read(day, some)
            lacking = [
                symbol for symbol, what in known.items() if what.frame.base is None or not what.frame.average
            ]
            changed += self._ask_source(lacking, day)
            self._store.refresh(some)
            _renew(lock, day)
        return changed


def _renew(lease: Lock, day: date) -> None:
    if not alive(lease):
        raise SourceError(f"warming for {day} took too long between two parts")


def _source(settings: Settings) -> ReferenceSource | None:
    # A file that somebody has named is meant to count.
    if settings.reference_file:
        return CsvSource(settings.reference_file)
    if settings.massive_api_key:
        # Imported here, for it takes a while to load.
        from leaderboard.reference.massive.source import MassiveSource

        return MassiveSource.from_settings(settings)
    return None


def _lags(events: Sequence[Event], outcomes: Sequence[Outcome], now: int) -> list[float]:
    return [
        max(0.0, (now - event.end_timestamp) / 1000)
        for event, outcome in zip(events, outcomes, strict=True)
        if outcome is Outcome.APPLIED
    ]
