"""While bars go from the tape to disk, candles have each of them once, and boards can be shown again."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.market.windows import slot_of
from leaderboard.system import System
from tests.support.market import TODAY, at, bar
from tests.support.processes import Processes
from tests.support.waiting import eventually
from tests.support.watch.gateways import VOLUME, Gateway

pytestmark = pytest.mark.slow

#: Parts that the recorder stores, and removes from the tape, and bars that come at least meanwhile.
PARTS, BARS = 2, 15
#: Seconds in which it does so on a busy machine: on an idle one in twelve.
DEADLINE = 120.0


def is_answered(gateway: Gateway, path: str) -> bool:
    return gateway.get(path).status_code == 200


def test_candles_are_complete_while_the_recorder_stores(
    tmp_path: Path, redis: Redis, system: System, processes: Processes
) -> None:
    # Given a recorder, and a gateway beside it
    history = tmp_path / "history"
    processes.start("recorder", "history", "record", HISTORY_DIR=str(history))
    eventually(lambda: bool(redis.exists(keys.RECORDING)), DEADLINE)
    gateway = Gateway(tmp_path, HISTORY_DIR=str(history))
    try:
        began, sent, trimmed = monotonic(), 0, 0
        first = redis.xrange(keys.TAPE, count=1)
        published: dict[int, Any] = {}
        while trimmed < PARTS or sent < BARS:
            assert monotonic() < began + DEADLINE, f"{trimmed} parts were stored, and {sent} bars were sent"
            # When bars are applied, one a second of the market's time, and some again
            hour, minute = divmod(31 + sent // 60, 60)
            clock = f"{9 + hour:02}:{minute:02}:{sent % 60:02}"
            system.process([bar("A", clock), *([bar("A", "09:31:00")] if sent % 7 == 0 else [])])
            sent += 1
            # Then the next answer has them all, each once
            candles = gateway.get("/api/candles/A").json()["candles"]
            assert sum(candle["volume"] for candle in candles) == 100 * sent
            assert candles[0]["time"] == at("09:31:00", TODAY)
            if system.publish().result == "published":
                published[int(redis.hget(keys.SNAPSHOT, "published_at") or 0)] = redis.get(VOLUME)
            trimmed += redis.xrange(keys.TAPE, count=1) != first
            first = redis.xrange(keys.TAPE, count=1)

        # And the boards of that time are answered as they were published, once they are stored
        for time, board in list(published.items())[2:-2:4]:
            second = datetime.fromtimestamp(slot_of(time, 1.0), UTC)
            path = f"/api/boards/volume?at={second:%Y-%m-%dT%H:%M:%SZ}"
            eventually(partial(is_answered, gateway, path), DEADLINE)
            assert gateway.get(path).json()["rows"] == json.loads(board)
    finally:
        gateway.stop()
