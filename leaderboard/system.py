"""The parts of the core put together for one process: what tasks and feeds call."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from redis import Redis

from config.settings import Settings
from leaderboard.connection import connect
from leaderboard.dead_letters import DeadLetters
from leaderboard.event import Refused, validate
from leaderboard.reference import Reference, ReferenceSource
from leaderboard.reference.csv_source import CsvSource
from leaderboard.reference.requests import Requests
from leaderboard.reference.store import BATCH, ReferenceStore, Wanted
from leaderboard.sessions import Session, session_of
from leaderboard.snapshots import Snapshot, Snapshots
from leaderboard.store import Outcome, Store


@dataclass(frozen=True)
class Processed:
    """What became of a batch of payloads.

    Attributes:
        applied: events that changed their symbol's row.
        stale: events behind their symbol's newest one.
        late: events of an earlier day than the boards show.
        dead: payloads refused and kept as dead letters.
        lags: for each applied event, seconds from its end to now.
        fetch: reference data is wanted and nobody is fetching it: start the task that does.
    """

    applied: int = 0
    stale: int = 0
    late: int = 0
    dead: int = 0
    lags: Sequence[float] = field(default_factory=list)
    fetch: bool = False


class System:
    """The leaderboards as one process sees them.

    Args:
        redis: the Redis of the boards.
        settings: what the deployment decides.
        source: where reference data comes from; None: only from what feeds bring.
    """

    def __init__(self, redis: Redis, settings: Settings, source: ReferenceSource | None) -> None:
        self._follows_events = settings.market_clock == "events"
        self._source = source
        self._reference = ReferenceStore(redis)
        self._requests = Requests(redis)
        self._store = Store(
            redis,
            self._reference,
            board_size=settings.board_size,
            board_retain=settings.board_retain,
        )
        self._snapshots = Snapshots(redis, interval=settings.publish_interval, size=settings.board_size)
        self.dead_letters = DeadLetters(redis, most=settings.dead_letters)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        source = CsvSource(settings.reference_file) if settings.reference_file else None
        return cls(connect(settings.redis_url), settings, source)

    # --- events

    def process(self, payloads: Sequence[Any]) -> Processed:
        """Validate a batch, keep what is refused as dead letters, apply the rest.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refused to write. Processing the whole batch
                again is right.
        """
        now = int(time.time() * 1000)
        events, refused = validate(payloads, now, allow_future=self._follows_events)
        applied = self._store.apply(events)
        if refused:
            self.dead_letters.add(refused)
        count = applied.count()
        return Processed(
            applied=count[Outcome.APPLIED],
            stale=count[Outcome.STALE],
            late=count[Outcome.LATE],
            dead=len(refused),
            lags=[
                time.time() - event.end_timestamp / 1000
                for event, outcome in zip(events, applied.outcomes, strict=True)
                if outcome is Outcome.APPLIED
            ],
            fetch=bool(self._source and applied.due and self._requests.ask(applied.due)),
        )

    def bury(self, payload: Any, reason: str) -> None:
        """Keep a payload that cannot be processed as a dead letter."""
        self.dead_letters.add([Refused(payload, reason)])

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
        session = session_of(int(time.time() * 1000))
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
        changed = self._reference.learn(day, answers)
        # All of them, and not only those that changed: a caller that died between the two steps runs again.
        self._store.refresh(answers)
        return changed

    def fetch_wanted(self) -> int:
        """Ask the source for what workers met without reference data, until nothing is wanted.

        Returns:
            The number of symbols answered.

        Raises:
            SourceError: the source could not answer; what is wanted stays wanted.
        """
        answered = 0
        while True:
            while wanted := self._requests.wanted(BATCH):
                answered += self._fetch(wanted)
                self._requests.settle(wanted)
            self._requests.stop_fetching()
            # Whoever asked just before the lease was given back relied on this task.
            if not self._requests.pending() or not self._requests.start_fetching():
                return answered

    def _fetch(self, wanted: Sequence[Wanted]) -> int:
        # What this process remembers may be older than another's answer.
        self._reference.forget(each.symbol for each in wanted)
        known = self._reference.read(wanted)
        for day in {each.day for each in wanted}:
            symbols = [each.symbol for each in wanted if each.day == day and known[each].due]
            if symbols and self._source:
                answers = self._source.fetch(symbols, day)
                self.learn(day, {symbol: answers.get(symbol) for symbol in symbols})
        return len(wanted)

    def needs_warming(self) -> bool:
        """Whether there is a source and its bulk answers are not in Redis."""
        return self._source is not None and self._requests.needs_warming()

    def warm(self, owner: str, day: date) -> int:
        """Ask the source for the whole market, unless another owner did within the last ten minutes.

        Args:
            owner: who asks; the same owner may ask again, after a crash for one.
            day: the trading day to prepare.

        Returns:
            The number of symbols whose reference data changed.

        Raises:
            SourceError: the source could not answer.
        """
        if self._source is None or not self._requests.start_warming(owner):
            return 0
        changed = sum(self.learn(day, answers) for answers in self._source.fetch_all(day))
        self._requests.warmed()
        return changed
