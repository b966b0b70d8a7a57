"""One of three servers of boards fails while bars stream."""

import os
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial

from leaderboard.shards import shard_of
from leaderboard.store.totals import Totals
from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import Harness, paced, running_harness
from tests.chaos.verdict import Verdict
from tests.support.boards import totals
from tests.support.redis_servers.proxy import Proxy

#: Servers of boards.
SERVERS = 3


def shard_killed(*, bars: int = 120_000, rate: float = 4_000, seconds: float = 15, failing: int = 1) -> Verdict:
    """Kill a server of boards, and start it again with its append-only file.

    Args:
        bars: in all.
        rate: bars a second.
        seconds: for which it is away.
        failing: its index; 0 is the first one, which also holds what there is only one of.
    """
    return _fail("killed", _killed, bars, rate, seconds, failing)


def shard_first(*, bars: int = 120_000, rate: float = 4_000, seconds: float = 15) -> Verdict:
    """As ``shard-killed``, of the first server.

    Args:
        bars: in all.
        rate: bars a second.
        seconds: for which it is away.
    """
    return shard_killed(bars=bars, rate=rate, seconds=seconds, failing=0)


def shard_cut(*, bars: int = 120_000, rate: float = 4_000, seconds: float = 15, failing: int = 1) -> Verdict:
    """Forward nothing between a server of boards and its clients, without closing a connection.

    Args:
        bars: in all.
        rate: bars a second.
        seconds: without the network.
        failing: the server's index.
    """
    return _fail("cut off", _cut, bars, rate, seconds, failing)


def shard_full(*, bars: int = 120_000, rate: float = 4_000, seconds: float = 15, failing: int = 1) -> Verdict:
    """Give a server of boards no more memory (``noeviction``).

    Args:
        bars: in all.
        rate: bars a second.
        seconds: until it gets more.
        failing: the server's index.
    """
    return _fail("full", _filled, bars, rate, seconds, failing)


#: Has a server fail. Returns what ends it.
_Fault = Callable[[Harness, Proxy, int], Callable[[], object]]


def _killed(harness: Harness, proxy: Proxy, failing: int) -> Callable[[], object]:
    harness.stores[failing].kill()
    return harness.stores[failing].start


def _cut(harness: Harness, proxy: Proxy, failing: int) -> Callable[[], object]:
    proxy.hold()
    return proxy.resume


def _filled(harness: Harness, proxy: Proxy, failing: int) -> Callable[[], object]:
    change = partial(harness.shards[failing].config_set, "maxmemory")
    change(1)
    return partial(change, 0)


def _fail(name: str, fault: _Fault, bars: int, rate: float, seconds: float, failing: int) -> Verdict:
    symbols = bars // PER_SYMBOL
    with (
        running_harness(fast=True, symbols=symbols, shards=SERVERS) as harness,
        closing(Proxy(harness.stores[failing].port)) as proxy,
    ):
        urls = [store.url(0) for store in harness.stores]
        urls[failing] = f"redis://127.0.0.1:{proxy.port}/0"
        os.environ |= {"REDIS_URL": urls[0], "BOARD_SHARDS": " ".join(urls[1:])}
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        harness.workers("worker0", "worker1")
        with Stream(paced(distinct_bars(bars), rate)) as stream:
            harness.await_work(bars / 20)
            end = fault(harness, proxy, failing)
            standstill, applied = _watch_others(harness, failing, seconds)
            end()
        recovery = harness.drain(seconds=300)
        share = sum(shard_of(f"S{n:06}", SERVERS) != failing for n in range(symbols)) / symbols
        notes = f"meanwhile the others applied {applied:,} bars, and stood still for {standstill:.1f} s at most"
        broken = () if applied > share * rate * seconds / 4 else ("the others did not go on",)
        which = "the first of three servers" if failing == 0 else "one of three servers"
        faults = f"{which} {name} for {seconds:.0f} s"
        return Verdict(
            faults, stream.producer.sent, harness.reconcile(distinct_bars(bars)), recovery, notes, broken
        )


def _watch_others(harness: Harness, failing: int, seconds: float) -> tuple[float, int]:
    """Watch the other servers. Returns for how long no bar was applied at most, and how many were."""

    def processed() -> int:
        others = [totals(redis) for n, redis in enumerate(harness.shards) if n != failing]
        return sum(others, Totals()).processed

    began = last = time.monotonic()
    first = before = processed()
    longest = 0.0
    while (now := time.monotonic()) < began + seconds:
        if (present := processed()) != before:
            before, last = present, now
        longest = max(longest, now - last)
        time.sleep(0.05)
    return longest, before - first
