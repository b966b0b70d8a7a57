"""What Redis has of a market, in a form that can be compared."""

import struct
from typing import Any

from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.store.record import Record


def contents(redis: Redis) -> dict[str, Any]:
    """Boards, records, rows, quotes and session clock.

    The part of a record that says when its row was written is left out, and so are openings without a price,
    which any other replaces.
    """
    records: Any = redis.hgetall(keys.RECORDS)
    found: dict[str, Any] = {board.key: redis.zrange(board.key, 0, -1, withscores=True) for board in BOARDS}
    for name, packed in records.items():
        symbol, record = name.decode(), Record.parse(packed)
        end_volume_start_hours = struct.unpack_from("<4d", packed)
        openings = {phase: opening for phase, opening in record.openings.items() if opening.price}
        found[f"record {symbol}"] = end_volume_start_hours, record.digest, openings, record.day
        found[keys.row(symbol)] = redis.hgetall(keys.row(symbol))
        found[keys.quote(symbol)] = redis.get(keys.quote(symbol))
    return found | {"symbols": sorted(records), keys.SESSION: redis.get(keys.SESSION)}
