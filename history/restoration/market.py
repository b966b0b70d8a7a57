"""Writes a market into Redis: boards, rows, quotes and records as they were."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from redis import Redis

from history.counters import raise_counter
from history.errors import HistoryError
from history.fold.state import State
from history.restoration.events import events, reference, rows
from leaderboard import keys
from leaderboard.conflation import Conflated
from leaderboard.event import Event
from leaderboard.reference import NOTHING_KNOWN, Reference, VolumeProfile
from leaderboard.reference.redis_reference import RedisReference
from leaderboard.sessions import Session
from leaderboard.shards import Shards
from leaderboard.store.sharded_store import ShardedStore
from leaderboard.store.store import MAX_BATCH, Outcome, Store

_NO_PROFILE = VolumeProfile()


@dataclass(frozen=True)
class Market:
    """A market at one moment of a recorded day.

    Attributes:
        session: the one that its boards show.
        position, revision: the newest of tape and boards.
        state: of its symbols.
        volume_profiles: those with which rows were made, by symbol.
        references: what else was learned for the day, by symbol.
    """

    session: Session
    position: int
    revision: int
    state: State
    volume_profiles: Mapping[str, VolumeProfile]
    references: Mapping[str, Reference]


def restore(
    shards: Shards[Redis], store: Store | ShardedStore, market: Market, step: Callable[[int], None]
) -> set[str]:
    """Apply a market to the boards of a Redis. If they show its day already, both are merged.

    Bars may be applied meanwhile. If this fails half-way, the same call completes it.

    Args:
        shards: the servers of the boards.
        store: over the same servers.
        market: what to restore.
        step: called with how many symbols have been restored by now.

    Returns:
        The symbols of which there is reference data.

    Raises:
        HistoryError: the boards show another day, and nothing was done; or they refuse symbols.
        redis.exceptions.RedisError: Redis does not answer, or refuses to write.
    """
    shown, day = store.session(), market.session.day
    if shown and shown.day != day:
        raise HistoryError(
            f"The boards show {shown.day}: restore {day} into a Redis that is empty or shows {day}."
        )
    # Whoever remembers a revision or a position of the archive sees both rise on from there.
    for redis in shards:
        raise_counter(redis, keys.REVISION, market.revision)
        raise_counter(redis, keys.TAPE_POSITION, market.position)
    learned = _learn(shards, market)
    store.roll(market.session)
    restored, remaining = 0, rows(market.state)
    # A symbol has two events at most.
    while batch := [*islice(remaining, MAX_BATCH // 2)]:
        _apply(store, [each for row in batch for each in events(row)])
        restored += len(batch)
        step(restored)
    return learned


def _apply(store: Store | ShardedStore, batch: Sequence[tuple[Event, Conflated]]) -> None:
    applied = store.begin([event for event, _ in batch], [day for _, day in batch]).result()
    refused = {
        event.symbol: outcome
        for (event, _), outcome in zip(batch, applied.outcomes, strict=True)
        if outcome not in (Outcome.APPLIED, Outcome.STALE)
    }
    if refused:
        symbol, outcome = next(iter(refused.items()))
        raise HistoryError(f"The boards refuse {len(refused)} symbols: {symbol} is {outcome.name.lower()}.")


def _learn(shards: Shards[Redis], market: Market) -> set[str]:
    """Store reference data: of symbols with bars that with which their rows were made. Returns of which."""
    made = {
        row["symbol"]: reference(row, market.volume_profiles.get(row["symbol"], _NO_PROFILE))
        for row in rows(market.state)
    }
    known = {symbol: each for symbol, each in {**market.references, **made}.items() if each != NOTHING_KNOWN}
    for shard, symbols in shards.split(known, str).items():
        RedisReference(shards[shard]).save(market.session.day, {symbol: known[symbol] for symbol in symbols})
    return {*known}
