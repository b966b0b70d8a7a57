"""The store over several servers: each holds the symbols of its own, and applies its part of a batch by itself."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from redis import Redis

from config.settings import Settings
from leaderboard.conflation import Conflated
from leaderboard.connections.circuit_breaker import CircuitBreaker
from leaderboard.connections.pending import Pending
from leaderboard.connections.redis_errors import is_transient
from leaderboard.event import Event
from leaderboard.reference.requests import ReferenceRequest
from leaderboard.reference.store import ReferenceStore
from leaderboard.row import StoredRow
from leaderboard.sessions import Session
from leaderboard.shards import Shards
from leaderboard.store.shard_mark import marks_of
from leaderboard.store.store import Applied, Outcome, Store

T = TypeVar("T")

_symbol = attrgetter("symbol")


def store_over(shards: Shards[Redis], reference: ReferenceStore, settings: Settings) -> "Store | ShardedStore":
    """The store of a deployment.

    Args:
        shards: the servers of the boards.
        reference: the process's reference data.
        settings: what the deployment decides.
    """
    return over(stores_of(shards, reference, settings))


def stores_of(shards: Shards[Redis], reference: ReferenceStore, settings: Settings) -> Shards[Store]:
    """The stores of a deployment's servers.

    Args:
        shards, reference, settings: as of :func:`store_over`.
    """
    servers = zip(shards, marks_of(shards), strict=True)
    return Shards([Store.from_settings(redis, reference, settings, mark) for redis, mark in servers])


def over(stores: Shards[Store]) -> "Store | ShardedStore":
    """The stores of all servers as one."""
    return stores.first if len(stores) == 1 else ShardedStore(stores)


class _Part(NamedTuple):
    """The part of a batch that one server applies.

    Attributes:
        shard: the server's index.
        places: of the events within the batch.
        applying: its work in flight, or what it failed with.
    """

    shard: int
    places: Sequence[int]
    applying: Pending[Applied] | Exception


class ShardedStore:
    """The same as :class:`leaderboard.store.store.Store`, over several servers.

    The parts of a batch are in flight together. If a server fails with a transient error, its events have the
    outcome AWAY, and all others are applied.

    Args:
        stores: of each server.

    Attributes:
        breakers: of each server.
    """

    def __init__(self, stores: Shards[Store]) -> None:
        self._stores = stores
        self.breakers = Shards([CircuitBreaker() for _ in stores])

    def session(self) -> Session | None:
        """The session that the boards show: the newest of any server's. A server that is away is left out."""
        sessions = [session for session in self._of_each(lambda store: store.session()) if session]
        return max(sessions, default=None)

    def symbols(self) -> list[str]:
        """The symbols that have traded on the day that the boards show."""
        return [symbol for store in self._stores for symbol in store.symbols()]

    def roll(self, to: Session) -> bool:
        """Roll the session clock of every server forward. One that is away is rolled once it has come back.

        Returns:
            Whether any moved.
        """
        return any(self._of_each(lambda store: store.roll(to)))

    def apply(self, events: Sequence[Event]) -> Applied:
        """Apply events: see :meth:`leaderboard.store.store.Store.apply`."""
        return self.begin(events).result()

    def begin(self, events: Sequence[Event], conflated: Sequence[Conflated | None] = ()) -> Pending[Applied]:
        """Have each server apply its events: see :meth:`leaderboard.store.store.Store.begin`."""
        split = self._stores.split(range(len(events)), lambda place: events[place].symbol)
        parts = [
            _Part(shard, places, self._begin(shard, places, events, conflated)) for shard, places in split.items()
        ]
        return Pending(partial(self._gather, len(events), parts))

    def _begin(
        self,
        shard: int,
        places: Sequence[int],
        events: Sequence[Event],
        conflated: Sequence[Conflated | None],
    ) -> Pending[Applied] | Exception:
        breaker = self.breakers[shard]
        if breaker.is_open and breaker.error:
            return breaker.error
        try:
            return self._stores[shard].begin(
                [events[place] for place in places], [conflated[place] for place in places] if conflated else ()
            )
        except Exception as error:
            return self._noted(shard, error)

    def _gather(self, count: int, parts: Sequence[_Part]) -> Applied:
        outcomes = [Outcome.AWAY] * count
        requests: set[ReferenceRequest] = set()
        away: dict[int, Exception] = {}
        failed: Exception | None = None
        for shard, places, applying in parts:
            applied = applying if isinstance(applying, Exception) else self._result(shard, applying)
            if isinstance(applied, Exception):
                away[shard] = applied
                failed = failed or (None if is_transient(applied) else applied)
                continue
            requests |= applied.requests
            for place, outcome in zip(places, applied.outcomes, strict=True):
                outcomes[place] = outcome
        if failed:
            # The caller applies all events again: they are idempotent.
            raise failed
        return Applied(outcomes, requests, away)

    def _result(self, shard: int, applying: Pending[Applied]) -> Applied | Exception:
        try:
            applied = applying.result()
        except Exception as error:
            return self._noted(shard, error)
        self.breakers[shard].succeeded()
        return applied

    def _noted(self, shard: int, error: Exception) -> Exception:
        if is_transient(error):
            self.breakers[shard].failed(error)
        return error

    def abandon(self) -> None:
        """Give up what is in flight: nobody will ask for its result."""
        for store in self._stores:
            store.abandon()

    def refresh(self, symbols: Collection[str]) -> int:
        """Rewrite rows whose reference data has changed: see :meth:`leaderboard.store.store.Store.refresh`.

        Raises:
            AwayError: servers are away; the rows of the others were rewritten.
        """
        return sum(self._stores.do(symbols, str, Store.refresh))

    def restore(self, rows: Sequence[StoredRow]) -> None:
        """Apply the events of rows that were read back: see :meth:`leaderboard.store.store.Store.restore`."""
        self._stores.do(rows, lambda row: row.event.symbol, Store.restore)

    def rank_again(self, events: Sequence[Event]) -> None:
        """Rank symbols by their events: see :meth:`leaderboard.store.store.Store.rank_again`."""
        self._stores.do(events, _symbol, Store.rank_again)

    def newest(self, symbols: Sequence[str]) -> list[StoredRow]:
        """The rows of `symbols`, read back: see :meth:`leaderboard.store.store.Store.newest`."""
        return [
            row
            for shard, of_shard in self._stores.split(symbols, str).items()
            for row in self._stores[shard].newest(of_shard)
        ]

    def _of_each(self, ask: Callable[[Store], T]) -> list[T]:
        """What the servers answer that are not away.

        Raises:
            redis.exceptions.RedisError: all are away, or one fails with an error that is not transient.
        """
        answers: list[Any] = []
        errors: list[Exception] = []
        for store in self._stores:
            try:
                answers.append(ask(store))
            except Exception as error:
                if not is_transient(error):
                    raise
                errors.append(error)
        if not answers:
            raise errors[0]
        return answers
