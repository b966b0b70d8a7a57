"""``python -m bench.screen_requests``: how soon the gateway answers screens over a whole market that trades.

It starts a Redis, a worker, a clock worker with beat, a gateway and a producer of bars, and asks for the same
screen again and again. Then it compares some more answers with a brute force over all quotes of the same revision.
Meanwhile boards and screens are published each second.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from bench.bars import DAY, OPEN, reference, symbol_of
from bench.child import ROOT, Child
from bench.gateway import gateway
from bench.lane import FAST, Lane
from bench.own_redis import own_redis
from bench.producer import Order
from config.settings import Settings
from deploy.ending import end_as_by_ctrl_c
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.fields import WINDOWS
from leaderboard.store.totals import Totals
from leaderboard.system import System

_QUERY = "by=pct_change&where=close>=2&where=close<=20&where=free_float<=20e6&limit=20"
_DATABASE = 1
# Seconds for which the market trades at most.
_LONGEST = 120
# What the command of the snapshot's script has, and no other.
_PUBLISHES = f"{keys.REVISION} {keys.SNAPSHOT} {keys.TOTALS}".encode()
# Microseconds that a snapshot takes at least. One that finds its slot taken, or nothing new, takes less.
_BUSY = 500
# Requests for each comparison that may be of a revision between two brute forces, at most.
_ATTEMPTS = 50

# All quotes of the day at one revision.
_EVERYTHING = """
local symbols = redis.call('ZRANGE', KEYS[2], 0, -1)
local quotes = {}
for i = 1, #symbols do quotes[i] = redis.call('GET', ARGV[1] .. symbols[i]) end
return {redis.call('GET', KEYS[1]), quotes}
"""


class Snapshots:
    """How long Redis is busy with each snapshot of the boards, from its slow log.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        redis.config_set("slowlog-log-slower-than", _BUSY)
        redis.config_set("slowlog-max-len", 100_000)
        redis.slowlog_reset()

    def took(self) -> list[float]:
        """Milliseconds of each one that was published since the last call."""
        calls: Any = self._redis.slowlog_get(100_000)
        self._redis.slowlog_reset()
        return [call["duration"] / 1e3 for call in calls if _PUBLISHES in call["command"]]


class Client:
    """A client of the gateway, with one connection.

    Args:
        port: the gateway's.
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def reconnect(self) -> None:
        """Have the next request open a new connection: the gateway closes one that is silent for some seconds."""
        self._connection.close()

    def ask(self) -> tuple[float, dict[str, Any]]:
        """Milliseconds until the whole answer was there, and the answer."""
        began = time.perf_counter()
        self._connection.request("GET", f"/api/screen?{_QUERY}")
        answer = self._connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1e3
        assert answer.status == 200, body
        return took, json.loads(body)


def main(
    requests: Annotated[int, typer.Option(help="Requests that are measured.", min=10)] = 1000,
    symbols: Annotated[int, typer.Option(help="Of the market.", min=100)] = 11_000,
    rate: Annotated[float, typer.Option(help="Bars a second.", min=1)] = 3_000,
    pace: Annotated[float, typer.Option(help="Requests a second.", min=1)] = 50,
    compared: Annotated[int, typer.Option(help="Answers that are compared.", min=1)] = 50,
) -> None:
    """Measure screens over the whole market. The exit code is 1 where an answer differs from the brute force."""
    console = Console(highlight=False, width=115)
    with own_redis() as server:
        _fill(server, symbols)
        redis = Redis.from_url(server.url())
        with _trading(server, symbols, rate), gateway(server) as (_, port):
            client = Client(port)
            console.print(_measured(redis, client, requests, pace))
            equal = sum(_is_equal(redis, client) for _ in range(compared))
            console.print(f"{equal} of {compared} answers are those of the brute force")
    raise typer.Exit(0 if equal == compared else 1)


def _fill(server: RedisServer, symbols: int) -> None:
    """Have every symbol trade once, before the open."""
    os.environ |= {"REDIS_URL": server.url(), "MARKET_CLOCK": "events", "CELERY_BROKER_URL": server.url(_DATABASE)}
    system = System.from_settings(Settings(redis_url=server.url(), market_clock="events"))
    system.reference.learn(DAY, reference(symbols))
    at = {"s": OPEN - 2_000, "e": OPEN - 1_000}
    bars = [{"sym": symbol_of(n), "o": 10.0, "c": 10.0, "v": 1, "av": 1} | at for n in range(symbols)]
    for start in range(0, symbols, 500):
        system.process(bars[start : start + 500])


@contextmanager
def _trading(server: RedisServer, symbols: int, rate: float) -> Iterator[None]:
    """A worker, a clock worker with beat, and a producer that sends bars until the end of the block."""
    order = Order(FAST.way, 1, int(rate * _LONGEST), rate=rate, symbols=symbols)
    with ExitStack() as stack:
        lane = stack.enter_context(Lane(FAST, server, _DATABASE, server.folder))
        for command in (["worker", "-Q", "clock,reference", "-n", "clock@bench", "--pool", "solo"], ["beat"]):
            stack.callback(_end, _start(server.folder, command))
        producer = stack.enter_context(Child("bench.producer", order))
        lane.await_workers()
        producer.go()
        yield


def _start(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    with (folder / f"{command[0]}-of-clock.log").open("wb") as log:
        line = [sys.executable, "-m", "celery", "-A", "tasks", *command]
        return subprocess.Popen(line, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def _measured(redis: Redis, client: Client, requests: int, pace: float) -> Table:
    loading, _ = client.ask()
    client.reconnect()
    snapshots = Snapshots(redis)
    time.sleep(requests / pace)
    before = snapshots.took()
    began, applied, took = time.monotonic(), _applied(redis), []
    for n in range(requests):
        time.sleep(max(0.0, began + n / pace - time.monotonic()))
        took.append(client.ask()[0])
    rate = (_applied(redis) - applied) / (time.monotonic() - began)
    table = Table(title=f"{requests:,} requests while {rate:,.0f} bars a second are applied", title_justify="left")
    table.add_column("milliseconds of")
    for column in ("p50", "p99", "max", "number"):
        table.add_column(column, justify="right")
    table.add_row("the first request, which loads the market", "", "", f"{loading:,.1f}", "1")
    table.add_row("a request", *_cells(took))
    table.add_row("Redis for a snapshot of the boards, without requests", *_cells(before))
    table.add_row("Redis for a snapshot of the boards, with requests", *_cells(snapshots.took()))
    return table


def _applied(redis: Redis) -> int:
    stored: Any = redis.hgetall(keys.TOTALS)
    return Totals.parse(stored).applied


def _cells(took: Sequence[float]) -> Iterator[str]:
    # In a short run on a slow machine no snapshot may have been published.
    figures = [f"{figure:,.1f}" for figure in np.percentile(took, [50, 99, 100])] if took else ["-"] * 3
    yield from (*figures, f"{len(took):,}")


def _is_equal(redis: Redis, client: Client) -> bool:
    """Whether an answer is the brute force's at the answer's revision, while the market goes on trading.

    The brute force knows the quotes as they were before the request and after it. An answer whose revision is
    neither is of a moment between: then the client asks again.
    """
    for _ in range(_ATTEMPTS):
        client.reconnect()
        earlier = _everything(redis)
        _, answer = client.ask()
        for revision, quotes in (earlier, _everything(redis)):
            if revision == answer["revision"]:
                return _brute_force(quotes) == _without_windows(answer)
    return False


def _everything(redis: Redis) -> tuple[int, list[Any]]:
    answer: Any = redis.eval(_EVERYTHING, 2, keys.REVISION, keys.CHANGES, keys.quote(""))
    return int(answer[0]), answer[1]


def _brute_force(quotes: list[bytes]) -> dict[str, Any]:
    rows = [json.loads(quote) for quote in quotes]
    found = [row for row in rows if 2 <= row["close"] <= 20 and row["free_float"] <= 20e6]
    found.sort(key=lambda row: (-row["pct_change"], row["symbol"]))
    return {"of": len(found), "rows": [{"rank": rank} | row for rank, row in enumerate(found[:20], 1)]}


def _without_windows(answer: dict[str, Any]) -> dict[str, Any]:
    windows = {window.name for window in WINDOWS}
    rows = [{name: value for name, value in row.items() if name not in windows} for row in answer["rows"]]
    return {"of": answer["of"], "rows": rows}


if __name__ == "__main__":
    end_as_by_ctrl_c()
    typer.run(main)
