"""What the apply script costs Redis and its caller, by the size of the batch."""

import time
from itertools import islice

from redis import Redis

from bench import machine
from bench.bars import DAY, bars, reference
from bench.report import Figures
from config.settings import Settings
from leaderboard.system import System

BATCHES = (1, 50, 500)
EVENTS = {1: 2_000, 50: 10_000, 500: 20_000}


def measure(url: str, rounds: int) -> list[Figures]:
    """Apply new bars in batches of each size, the sizes taking turns."""
    redis = Redis.from_url(url)
    redis.flushall()
    system = System.from_settings(Settings(redis_url=url, market_clock="events"))
    system.reference.learn(DAY, reference())
    tape = bars()
    system.process(list(islice(tape, 20_000)))
    script = Figures("The apply script, time in Redis per event", "us")
    server = Figures("The apply script's call, CPU of the Redis process per event", "us")
    caller = Figures("Validation, rows and the call, CPU of the calling process per event", "us")
    for _ in range(rounds):
        for size in BATCHES:
            events = list(islice(tape, EVENTS[size]))
            redis.config_resetstat()
            before, began = machine.cpu(redis), time.process_time()
            for start in range(0, len(events), size):
                done = system.process(events[start : start + size])
                assert done.applied == size, done
            name = f"batches of {size}"
            caller.add(name, (time.process_time() - began) * 1e6 / len(events))
            server.add(name, (machine.cpu(redis) - before) * 1e6 / len(events))
            stats = redis.info("commandstats")
            script.add(name, stats["cmdstat_evalsha"]["usec"] / len(events))
    return [script, server, caller]
