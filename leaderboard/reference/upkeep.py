"""Keeps reference data up to date: fetches what workers lack, and once a day the whole market."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from redis import Redis
from redis.exceptions import ResponseError
from redis.lock import Lock

from config.log_throttle import LogThrottle
from leaderboard import keys
from leaderboard.connections.wrong_keys import naming_wrong_keys
from leaderboard.reference.figures import Reference
from leaderboard.reference.lease import lease, renew
from leaderboard.reference.redis_reference import BATCH, PREVIOUS_DAY_TTL
from leaderboard.reference.requests import PendingRequests, ReferenceRequest
from leaderboard.reference.source import ReferenceSource, SourceError
from leaderboard.reference.store import ReferenceStore
from leaderboard.reference.warmups import Warmups
from leaderboard.shards import AwayError, Shards
from leaderboard.store.sharded_store import ShardedStore
from leaderboard.store.store import Store

log = logging.getLogger(__name__)

#: Seconds until the whole market is fetched again for the same day.
WARMUP_INTERVAL = 600


@dataclass(frozen=True)
class Fetched:
    """The result of a fetch from a source.

    Attributes:
        symbols: those that were answered; of the whole market, those whose data changed.
        skipped: why nothing, or not all, was fetched; empty if all was, or nothing was requested.
    """

    symbols: int = 0
    skipped: str = ""


class ReferenceUpkeep:
    """Stores reference data and rewrites the rows that it changes.

    Args:
        shards: the servers of the boards.
        store: rewrites rows.
        reference: of the same servers.
        requests: what workers lack.
        source: None if another process has one, or feeds bring the data.
        present_day: tells the trading day that it is, or is about to be.
    """

    def __init__(
        self,
        shards: Shards[Redis],
        store: Store | ShardedStore,
        reference: ReferenceStore,
        requests: PendingRequests,
        source: ReferenceSource | None,
        present_day: Callable[[], date],
    ) -> None:
        self._shards = shards
        self._store = store
        self._reference = reference
        self._requests = requests
        self._source = source
        self._warmups = Warmups(shards.first)
        self._throttle = LogThrottle()
        self.present_day = present_day

    # --- what others bring

    def learn(self, day: date, answers: Mapping[str, Reference | None]) -> int:
        """Store reference data and rewrite the rows that it changes.

        Args:
            day: the trading day whose previous day's figures these are.
            answers: symbol to what is known of it; None: the source does not know the symbol.

        Returns:
            The number of symbols whose reference data changed.

        Raises:
            AwayError: of several servers some are away. The symbols of the others are done; the same call does the
                rest.
        """
        with naming_wrong_keys(*self._shards):
            try:
                changed = self._reference.learn(day, answers)
            except AwayError:
                self._store.refresh(answers)
                raise
            # All symbols, not only those that changed: a caller may have died between these two steps.
            self._store.refresh(answers)
            return changed

    # --- what workers lack

    def request(self, requests: set[ReferenceRequest]) -> bool:
        """Request what bars were processed without. Returns whether the caller has to start the fetching task."""
        if not requests:
            return False
        # If this fails, the symbols are requested again soon. The bars are on the boards and do not wait.
        self._reference.mark_requested(requests)
        try:
            with naming_wrong_keys(*self._shards):
                return self._requests.add(requests)
        except ResponseError as error:
            if self._throttle.allows(str(error)):
                log.warning("reference data cannot be asked for: %s", error)
            return False

    def fetch_requested(self) -> Fetched:
        """Fetch what workers lack from the source, until no request is pending.

        Raises:
            SourceError: the source could not answer; the requests stay pending.
        """
        with naming_wrong_keys(*self._shards):
            return self._fetch_requested()

    def _fetch_requested(self) -> Fetched:
        if self._source is None:
            # Left to a process that has one.
            if self._requests.some(1):
                return Fetched(skipped="symbols wait for it, and this process has no source to ask")
            return Fetched()
        self._requests.announce_source()
        # The market's answer will have most of them; the next call fetches the rest.
        if self._warmups.is_running(self.present_day()):
            return Fetched(skipped="the whole market is being asked for")
        with lease(self._shards.first, keys.REFERENCE_FETCHING) as lock:
            return self._fetch_all_pending(lock) if lock else Fetched(skipped="another task is at it")

    def _fetch_all_pending(self, lock: Lock) -> Fetched:
        answered = 0
        while renew(lock) and (requests := self._requests.some(BATCH)):
            try:
                self._shards.do(requests, lambda request: request.symbol, lambda _, part: self._fetch(part))
            except AwayError as error:
                # The next call does the rest: these requests stay pending.
                done = [each for each in requests if self._shards.index(each.symbol) not in error.servers]
                self._requests.complete(done)
                return Fetched(answered + len(done), skipped=str(error))
            self._requests.complete(requests)
            answered += len(requests)
        return Fetched(answered)

    def _fetch(self, requests: Sequence[ReferenceRequest]) -> None:
        # Another process may have fetched some of them meanwhile.
        self._reference.invalidate(each.symbol for each in requests)
        for day in {each.day for each in requests}:
            known = self._reference.read(day, [each.symbol for each in requests if each.day == day])
            self._ask_source([symbol for symbol, cached in known.items() if cached.needs_request], day)
        # Also rows of symbols that another process fetched: it may have died before this step.
        self._store.refresh([each.symbol for each in requests])

    def _ask_source(self, symbols: Sequence[str], day: date) -> int:
        """Fetch and store `symbols`. Returns how many symbols' data changed."""
        if not symbols or not self._source:
            return 0
        answers = self._source.fetch(symbols, day)
        return self._reference.learn(day, {symbol: answers.get(symbol) for symbol in symbols})

    # --- the whole market

    def needs_warmup(self) -> bool:
        """Whether there is a source whose answers about the whole market are not in Redis for the present day."""
        return self._source is not None and self._warmups.seconds_since(self.present_day()) >= PREVIOUS_DAY_TTL

    def warm(self, *, again: bool = False) -> Fetched:
        """Fetch the whole market.

        Args:
            again: even if it was fetched within the last ten minutes. Also ask for those of the day's symbols
                whose previous close or average volume is unknown, whatever was answered before.

        Raises:
            SourceError: the source could not answer; or another task holds the lease and may not finish; or, of
                several servers, some are away, and the symbols of the others are done.
        """
        day = self.present_day()
        if self._source is None:
            return Fetched(skipped="this process has no source to ask")
        ago = self._warmups.seconds_since(day)
        if ago < WARMUP_INTERVAL and not again:
            return Fetched(
                skipped=f"the market was asked for {ago:.0f} s ago, and is within {WARMUP_INTERVAL} s once"
            )
        changed = 0
        with self._warmups.lease(day) as lock:
            if lock is None:
                raise SourceError(f"the market is being warmed for {day} by another task")
            away: AwayError | None = None
            for answers in self._source.fetch_all(day):
                try:
                    changed += self.learn(day, answers)
                except AwayError as error:
                    away = error
                _renew(lock, day)
            if away:
                raise SourceError(f"the market was not warmed as a whole: {away}") from away
            if again:
                with naming_wrong_keys(*self._shards):
                    changed += self._fetch_unknown(day, lock)
            self._warmups.note(day)
        return Fetched(changed)

    def _fetch_unknown(self, day: date, lock: Lock) -> int:
        """Ask for the day's symbols of which something is unknown. Returns how many symbols' data changed."""
        changed, symbols = 0, self._store.symbols()
        for start in range(0, len(symbols), BATCH):
            batch = symbols[start : start + BATCH]
            self._reference.invalidate(batch)
            known = self._reference.read(day, batch)
            unknown = [symbol for symbol, cached in known.items() if not cached.template.is_complete]
            changed += self._ask_source(unknown, day)
            self._store.refresh(batch)
            _renew(lock, day)
        return changed


def _renew(lock: Lock, day: date) -> None:
    if not renew(lock):
        raise SourceError(f"warming for {day} took too long between two parts")
