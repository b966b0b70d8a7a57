"""Divides the symbols among the servers anew, after servers were added or removed.

Each server gives away the symbols that are not its own: rows, quotes, records, places on the boards, reference
data. A symbol is copied in one transaction, and removed where it was only then. So if this fails half-way, the
same call completes it. Nothing else may write meanwhile.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.event import is_symbol
from leaderboard.sessions import Session
from leaderboard.shards import Shards
from leaderboard.store.session_clock import read_session
from leaderboard.store.session_roll import SessionRoll
from leaderboard.store.shard_mark import marks_of

#: Symbols that are moved together.
BATCH = 200

_HASHES = (keys.REFERENCE_VERSIONS, keys.RECORDS)
_SORTED_SETS = (keys.REFERENCE_EXPIRIES, *(board.key for board in BOARDS))
# Keys of a symbol: its row, its quote, its reference data.
_KEY = re.compile(r"symbol:([^:]+):data|quote:([^:]+)|reference:([^:]+):(?:previous:\d{8}|profile|volume_profile)")


@dataclass
class _Holding:
    """What a server has of a symbol: its own keys, fields of hashes, scores in sorted sets."""

    names: list[str] = field(default_factory=list)
    fields: dict[str, bytes] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)


def divide(shards: Shards[Redis], former: Sequence[Redis], step: Callable[[int], None]) -> int:
    """Move every symbol to its server.

    Args:
        shards: the servers of the boards from now on.
        former: servers that are none of them any more, and are emptied of symbols.
        step: called with how many symbols have been moved by now.

    Returns:
        How many symbols were moved.

    Raises:
        redis.exceptions.RedisError: a server cannot be reached or refuses; the same call goes on.
    """
    for redis in (*shards, *former):
        redis.delete(keys.SHARD)
    _roll(shards, former)
    moved = 0
    for index, source in enumerate((*shards, *former)):
        others = _not_own(shards, index, source)
        while batch := dict(islice(others, BATCH)):
            for target, symbols in shards.split(batch, str).items():
                _copy(source, shards[target], {symbol: batch[symbol] for symbol in symbols})
            _remove(source, batch)
            moved += len(batch)
            step(moved)
    for mark in marks_of(shards):
        mark.write()
    return moved


def _roll(shards: Shards[Redis], former: Sequence[Redis]) -> None:
    """Have all servers show the newest session, so that records of one are records of another."""
    sessions = [session for redis in (*shards, *former) if (session := read_session(redis).session)]
    newest: Session | None = max(sessions, default=None)
    for redis in (*shards, *former):
        if newest:
            SessionRoll(redis).to(newest)


def _not_own(shards: Shards[Redis], index: int, source: Redis) -> Iterator[tuple[str, _Holding]]:
    """The symbols that a server has and that belong to others, with their keys."""
    held: dict[str, _Holding] = {}
    for key in cast(Iterator[bytes], source.scan_iter(count=1_000)):
        found = _KEY.fullmatch(key.decode(errors="replace"))
        symbol = found and next(filter(None, found.groups()))
        if symbol and is_symbol(symbol) and shards.index(symbol) != index:
            names = held.setdefault(symbol, _Holding()).names
            # A key may be told twice.
            if (name := key.decode()) not in names:
                names.append(name)
    for name in _HASHES:
        for field_name in cast(list[bytes], source.hkeys(name)):
            symbol = field_name.decode(errors="replace")
            if is_symbol(symbol) and shards.index(symbol) != index:
                held.setdefault(symbol, _Holding())
    yield from held.items()


def _copy(source: Redis, target: Redis, batch: Mapping[str, _Holding]) -> None:
    """Copy symbols, unless an earlier call has done it: then the target has the record."""
    has_record = target.hmget(keys.RECORDS, [*batch])
    missing = {
        symbol: batch[symbol]
        for symbol, record in zip(batch, cast(list[Any], has_record), strict=True)
        if not record
    }
    if missing:
        _move(source, target, missing)
    # Those too whose copy an interrupted call has made, and may not have noted.
    traded = [
        symbol for symbol, holding in batch.items() if symbol not in missing or keys.RECORDS in holding.fields
    ]
    _note_changes(target, traded)


def _move(source: Redis, target: Redis, missing: Mapping[str, _Holding]) -> None:
    _read(source, missing)
    dumps = _dumps(source, [name for holding in missing.values() for name in holding.names])
    with target.pipeline() as pipe:
        pipe.incr(keys.REVISION)
        for name, (dump, ttl) in dumps.items():
            pipe.restore(name, ttl, dump, replace=True)
        for symbol, holding in missing.items():
            for name, value in holding.fields.items():
                pipe.hset(name, symbol, cast(str, value))
            for name, score in holding.scores.items():
                pipe.zadd(name, {symbol: score})
        pipe.execute()


def _read(source: Redis, batch: Mapping[str, _Holding]) -> None:
    symbols = [*batch]
    with source.pipeline(transaction=False) as pipe:
        for name in _HASHES:
            pipe.hmget(name, symbols)
        for name in _SORTED_SETS:
            pipe.zmscore(name, symbols)
        replies = pipe.execute()
    for name, values in zip(_HASHES, replies, strict=False):
        for symbol, value in zip(symbols, values, strict=True):
            if value is not None:
                batch[symbol].fields[name] = value
    for name, scores in zip(_SORTED_SETS, replies[len(_HASHES) :], strict=True):
        for symbol, score in zip(symbols, scores, strict=True):
            if score is not None:
                batch[symbol].scores[name] = float(score)


def _dumps(source: Redis, names: Sequence[str]) -> dict[str, tuple[bytes, int]]:
    """The keys' values as ``RESTORE`` takes them, and their times to live in milliseconds; 0: no end."""
    with source.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.dump(name)
            pipe.pttl(name)
        replies = pipe.execute()
    pairs = zip(names, replies[::2], replies[1::2], strict=True)
    # A key may have expired since it was found.
    return {name: (dump, max(0, ttl)) for name, dump, ttl in pairs if dump is not None}


def _note_changes(target: Redis, traded: Sequence[str]) -> None:
    """Note in the change feed the symbols that have traded on the day."""
    if traded:
        target.zadd(keys.CHANGES, dict.fromkeys(traded, int(target.incr(keys.REVISION))))


def _remove(source: Redis, batch: Mapping[str, _Holding]) -> None:
    symbols = [*batch]
    with source.pipeline() as pipe:
        pipe.incr(keys.REVISION)
        if names := [name for holding in batch.values() for name in holding.names]:
            pipe.unlink(*names)
        for name in _HASHES:
            pipe.hdel(name, *symbols)
        for name in (*_SORTED_SETS, keys.CHANGES):
            pipe.zrem(name, *symbols)
        pipe.execute()
