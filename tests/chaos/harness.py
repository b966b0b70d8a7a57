"""What a drill runs on: its own Redis and workers, and the reconciliation with the oracle afterwards."""

import os
import tempfile
import time
from collections import ChainMap, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial, reduce
from itertools import islice
from operator import add
from pathlib import Path
from typing import Any

from redis import Redis

from config.settings import Settings
from deploy.redis_server import RedisServer
from leaderboard.boards import BOARDS, Board
from leaderboard.shards import Shards
from leaderboard.store.totals import Totals
from tests.support.boards import opens, rows, scores, totals
from tests.support.oracle import Expected, best_first, expected
from tests.support.processes import Processes
from tests.support.waiting import eventually


@dataclass(frozen=True)
class Reconciliation:
    """How Redis compares with the oracle after a drill.

    Attributes:
        missing: bars that are not on the boards.
        exact: whether boards, rows and open prices are the oracle's.
        queued: messages in the queue.
        unacked: messages in flight at workers.
        dead: dead letters.
    """

    missing: int
    exact: bool
    queued: int
    unacked: int
    dead: int

    @property
    def is_sound(self) -> bool:
        return self.exact and not (self.missing or self.queued or self.unacked or self.dead)

    def __str__(self) -> str:
        boards = "the oracle's" if self.exact else "WRONG"
        return (
            f"missing {self.missing:,}, boards {boards}, queued {self.queued}, unacked {self.unacked}, "
            f"dead letters {self.dead}"
        )


class ObservedSystem:
    """A running system as a drill observes it: by what its Redis holds.

    Args:
        boards: URLs of the boards' servers.
        broker: URL of the queues.

    Attributes:
        shards: clients of the boards' servers.
        boards: that of the first one.
    """

    def __init__(self, boards: Sequence[str], broker: str) -> None:
        self.shards = Shards([Redis.from_url(url) for url in boards])
        self.boards = self.shards.first
        self.broker = Redis.from_url(broker)

    def queued(self) -> int:
        return int(self.broker.llen("aggs"))

    def unacked(self) -> int:
        return int(self.broker.hlen("unacked"))

    def totals(self) -> Totals:
        """What the workers have done so far."""
        return reduce(add, map(totals, self.shards))

    def await_work(self, bars: float) -> None:
        """Wait until workers have processed more than so many bars."""
        eventually(lambda: self.totals().processed > bars, what="the workers are at work")

    def await_progress(self, seconds: float) -> float:
        """Wait until bars are processed. Returns the seconds waited."""
        began, before = time.monotonic(), self.totals().processed
        eventually(lambda: self.totals().processed != before, seconds, "bars are processed")
        return time.monotonic() - began

    def drain(self, seconds: float) -> float:
        """Wait until no bar is queued or in flight. Returns the seconds waited."""
        began = time.monotonic()
        eventually(lambda: not self.queued() + self.unacked(), seconds, "the queue is empty")
        return time.monotonic() - began

    def reconcile(self, bars: Iterable[dict[str, Any]]) -> Reconciliation:
        """Compare everything with the oracle's results for `bars`."""
        return self.compare(expected_of_many(bars))

    def compare(self, oracle: Expected, phase: str = "regular") -> Reconciliation:
        """Compare everything with the oracle's results.

        Args:
            oracle: its results.
            phase: the session whose bars may be missing.
        """
        prices, stored = self._opens(), self._rows(oracle.rows)
        # By its open a symbol shows that it lacks its first bar, and by its volume that it lacks its newest.
        missing = sum(prices[phase].get(symbol) != price for symbol, price in oracle.opens[phase].items())
        volume = "accumulated_volume"
        missing += sum(stored[symbol].get(volume) != fields[volume] for symbol, fields in oracle.rows.items())
        exact = stored == oracle.rows and self._scores() == oracle.boards and prices == oracle.opens
        with suppress(AssertionError):
            # If a beat still runs, one of its messages may be in flight at any time.
            self.drain(seconds=10)
        return Reconciliation(
            missing, exact, self.queued(), self.unacked(), int(self.boards.xlen("leaderboard:dead"))
        )

    def _opens(self) -> dict[str, dict[str, float]]:
        of_servers = [opens(redis) for redis in self.shards]
        return {phase: dict(ChainMap(*(each[phase] for each in of_servers))) for phase in of_servers[0]}

    def _rows(self, symbols: Collection[str]) -> dict[str, dict[str, Any]]:
        parts = self.shards.split(symbols, str).items()
        return dict(ChainMap(*(rows(self.shards[server], of_server) for server, of_server in parts)))

    def _scores(self) -> dict[str, dict[str, float]]:
        of_servers = [scores(redis) for redis in self.shards]
        merged = {board.name: dict(ChainMap(*(each[board.name] for each in of_servers))) for board in BOARDS}
        return {board.name: _trimmed(board, merged[board.name]) for board in BOARDS}


class Harness(ObservedSystem):
    """Servers and processes of one drill.

    Args:
        server: holds the queues, in database 1.
        stores: hold the boards, in database 0; the same server, as a rule.
        processes: starts workers.
        fast: whether producer and workers are in the fast lane.
    """

    def __init__(
        self, server: RedisServer, stores: Sequence[RedisServer], processes: Processes, fast: bool
    ) -> None:
        super().__init__([store.url(0) for store in stores], server.url(1))
        self.server = server
        self.stores = stores
        self.processes = processes
        self.fast = fast

    def workers(self, *names: str) -> None:
        """Start workers and wait until all of them are ready."""
        for name in names:
            self.processes.start_worker(name)
        for name in names:
            eventually(partial(self.processes.is_ready, name), what=f"{name} is ready")


def expected_of_many(bars: Iterable[dict[str, Any]]) -> Expected:
    """The oracle's results for many bars, computed for 100 symbols at a time to bound its memory."""
    by_symbol: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in bars:
        by_symbol[each["sym"]].append(each)
    symbols = iter(by_symbol)
    whole = Expected(None, defaultdict(dict), {}, {"pre": {}, "regular": {}})
    while some := list(islice(symbols, 100)):
        part = expected([each for symbol in some for each in by_symbol[symbol]])
        whole.rows.update(part.rows)
        for name, scores_of in part.boards.items():
            whole.boards[name].update(scores_of)
        for phase, prices in part.opens.items():
            whole.opens[phase].update(prices)
    for board in BOARDS:
        whole.boards[board.name] = _trimmed(board, whole.boards[board.name])
    return whole


def _trimmed(board: Board, ranked: dict[str, float]) -> dict[str, float]:
    """What a board keeps of all that is ranked."""
    return {symbol: ranked[symbol] for symbol in best_first(ranked)[:500]} if board.trims_exactly else ranked


@contextmanager
def running_harness(
    *, fast: bool, symbols: int, split: bool = False, shards: int = 1, options: Sequence[str] = ()
) -> Iterator[Harness]:
    """A harness on a fresh Redis. Its settings go into the environment of this process and all that it starts.

    Args:
        fast: with the fast lane.
        symbols: in all.
        split: boards have a server of their own.
        shards: servers of boards; several are of their own.
        options: more options of the servers' command lines.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder) / "redis", None, *options).start()
        own = shards if split or shards > 1 else 0
        stores = [RedisServer(Path(folder) / f"boards{n}", None, *options).start() for n in range(own)] or [server]
        os.environ |= {
            "REDIS_URL": stores[0].url(0),
            "BOARD_SHARDS": " ".join(store.url(0) for store in stores[1:]),
            "CELERY_BROKER_URL": server.url(1),
            "MARKET_CLOCK": "events",
            "FAST_LANE": str(int(fast)),
            "VISIBILITY_TIMEOUT": "5",
            "BOARD_RETAIN": str(max(500, symbols)),
            # Raised for drills with more symbols.
            "SYMBOLS_BOUND": str(max(Settings().symbols_bound, symbols)),
        }
        processes = Processes(Path(folder))
        try:
            yield Harness(server, stores, processes, fast)
        finally:
            processes.stop()
            for each in {server, *stores}:
                each.stop()


def paced(bars: Iterable[dict[str, Any]], rate: float) -> Iterator[list[dict[str, Any]]]:
    """Bars in batches, `rate` bars a second in all."""
    batch = max(1, round(rate / 100))
    remaining, sent, began = iter(bars), 0, time.monotonic()
    while some := list(islice(remaining, batch)):
        yield some
        sent += len(some)
        time.sleep(max(0.0, began + sent / rate - time.monotonic()))
