"""What a recorder takes of a live market's pace."""

import time
from itertools import islice
from pathlib import Path

from redis import Redis

from bench.bars import DAY, bars, reference
from bench.history.recorder import recording
from bench.report import Figures
from config.settings import Settings
from leaderboard.system import System


def measure(url: str, folder: Path, *, symbols: int, rate: int, length: int) -> list[Figures]:
    """Have a recorder record so many seconds of real time, with a tick in each.

    Args:
        url: of a Redis, which is emptied.
        folder: of all days.
        symbols: of the market.
        rate: bars a second.
        length: seconds.
    """
    Redis.from_url(url).flushall()
    system = System.from_settings(Settings(redis_url=url, market_clock="events"))
    share = Figures(f"The recorder at {rate:,} bars a second: of one core", "%")
    memory = Figures(f"The recorder at {rate:,} bars a second: memory at its peak", "MB")
    with recording(url, folder) as recorder:
        system.reference.learn(DAY, reference(symbols))
        market = bars(symbols=symbols)
        before, began = recorder.cpu(), time.monotonic()
        for second in range(length):
            system.process(list(islice(market, rate)))
            system.publish()
            time.sleep(max(0.0, began + second + 1 - time.monotonic()))
        recorder.await_all()
        share.add("recorder", (recorder.cpu() - before) * 100 / (time.monotonic() - began))
        memory.add("recorder", recorder.peak() / 1e6)
    return [share, memory]
