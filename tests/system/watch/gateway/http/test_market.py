"""Screens that a client makes up, and ranks, over the whole market."""

import csv
import io
import json
from typing import Any

import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.market.change_feed import ChangeFeed
from leaderboard.market.table import MarketTable
from leaderboard.market.windows import FIELD, Windows, slot_of
from leaderboard.system import System
from tests.support.market import TODAY, bar
from tests.support.waiting import eventually
from tests.support.watch.gateways import SOON, Gateway
from watch.gateway.limits import CONDITIONS, LONGEST_QUERY, SCREEN_ROWS

BY_PRICE = "/api/screen?by=close"


@pytest.fixture(autouse=True)
def emptied(gateway: Gateway, redis: Redis) -> None:
    """The gateway has read the empty Redis: in each test revisions start at 1 again."""
    assert gateway.get(BY_PRICE).json()["revision"] == 0


def symbols(gateway: Gateway, path: str) -> list[str]:
    answer = gateway.get(path)
    assert answer.status_code == 200, answer.text
    return [row["symbol"] for row in answer.json()["rows"]]


def test_a_screen_has_rows_of_the_market_as_they_are_now(gateway: Gateway, market: System, redis: Redis) -> None:
    # When a client asks for cheap symbols, in words of its own
    answer = gateway.get(
        "/api/screen?by=close&order=ascending&where=close<20&where=volume+>+0&hours=regular"
    ).json()

    # Then the answer says how the query was understood, and which revision it is of
    assert answer | {"rows": None} == {
        "by": "close",
        "order": "ascending",
        "where": ["close < 20", "volume > 0"],
        "hours": ["regular"],
        "session": {"day": TODAY.isoformat(), "phase": "regular"},
        "revision": int(redis.get(keys.REVISION) or 0),
        "of": 2,
        "rows": None,
    }

    # And the rows are the quotes, with their ranks, and windows that nothing is known of yet
    unknown = {"pct_change_1m": None, "pct_change_5m": None, "volume_1m": None, "volume_5m": None}
    assert answer["rows"] == [
        {"rank": rank} | json.loads(redis.get(keys.quote(symbol)) or b"") | unknown
        for rank, symbol in enumerate(["NEW", "AAPL"], 1)
    ]


def test_a_screen_has_what_was_published_before_the_request(gateway: Gateway, market: System) -> None:
    for price in range(100, 105):
        # Given a bar that has just been applied
        market.process([bar("NEW", "09:31:00", close=float(price), av=10_000 + price)])

        # Then the next answer has it
        assert gateway.get(f"{BY_PRICE}&limit=1&fields=close").json()["rows"] == [
            {"rank": 1, "symbol": "NEW", "close": float(price)}
        ]


def test_the_market_is_kept_up_between_requests(gateway: Gateway, market: System, redis: Redis) -> None:
    # Given a market that was asked for a moment ago
    gateway.get(BY_PRICE)
    redis.config_resetstat()

    # Then its changes are read also without a request
    def reads() -> int:
        stats: Any = redis.info("commandstats")
        return int(stats.get("cmdstat_zrange", {}).get("calls", 0))

    eventually(lambda: reads() >= 2, SOON)


def test_a_screen_knows_the_windows(gateway: Gateway, market: System, redis: Redis) -> None:
    # Given a tick of a minute ago, after which one symbol has doubled
    table = MarketTable()
    table.apply(ChangeFeed(redis).read())
    windows = Windows(table, interval=1.0)
    slot = slot_of(int(redis.time()[0]) * 1000, 1.0) - 60
    windows.read(redis, slot)
    redis.xadd(keys.TICKS, {FIELD: windows.tick()}, f"{slot}-0")
    market.process([bar("AAPL", "09:31:00", close=24.0, av=5_000)])

    # Then screens can rank by that, and a null satisfies no condition and ranks nowhere
    query = "by=pct_change_1m&where=volume_1m>=0&fields=pct_change_1m,volume_1m,volume_5m"
    [first, *others] = gateway.get(f"/api/screen?{query}").json()["rows"]
    assert first == {"rank": 1, "symbol": "AAPL", "pct_change_1m": 100.0, "volume_1m": 3_000.0, "volume_5m": None}
    assert [row["pct_change_1m"] for row in others] == [0.0, 0.0]
    assert symbols(gateway, "/api/screen?by=volume_5m") == []
    assert symbols(gateway, "/api/screen?by=close&where=volume_5m<1e9") == []


def test_a_new_day_empties_the_market(gateway: Gateway, system: System, redis: Redis) -> None:
    # Given a gateway that knows a day's market
    system.process([bar("OLD", "09:31:00")])
    assert symbols(gateway, BY_PRICE) == ["OLD"]

    # When the next day begins, then the market is that of the next day
    system.process([bar("NEW", "09:31:00", TODAY.replace(day=23))])
    assert symbols(gateway, BY_PRICE) == ["NEW"]

    # And so it is when Redis has lost all data
    redis.flushall()
    assert gateway.get(BY_PRICE).json()["session"] is None
    assert symbols(gateway, BY_PRICE) == []


def test_rows_can_be_left_out(gateway: Gateway, market: System) -> None:
    rows = gateway.get(f"{BY_PRICE}&offset=1&limit=1&fields=close").json()["rows"]

    assert rows == [{"rank": 2, "symbol": "AAPL", "close": 12.0}]
    assert symbols(gateway, f"{BY_PRICE}&offset=3") == []


def test_a_screen_is_answered_as_csv(gateway: Gateway, market: System) -> None:
    by_path = gateway.get("/api/screen.csv?by=close&fields=close,pct_change_1m")
    by_header = gateway.get("/api/screen?by=close&fields=close,pct_change_1m", {"Accept": "text/csv"})

    assert by_path.text == by_header.text
    assert list(csv.reader(io.StringIO(by_path.text, newline=""))) == [
        ["rank", "symbol", "close", "pct_change_1m"],
        ["1", "MSFT", "44", ""],
        ["2", "AAPL", "12", ""],
        ["3", "NEW", "3.15", ""],
    ]


@pytest.mark.parametrize("path", [BY_PRICE, "/api/screen.csv?by=close", "/api/ranks/AAPL"])
def test_an_answer_is_not_sent_again_while_the_market_is_unchanged(
    gateway: Gateway, market: System, path: str
) -> None:
    tag = gateway.get(path).headers["etag"]
    again = gateway.get(path, {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")

    market.process([bar("NEW", "09:31:00", close=4.0, av=10_000)])
    assert gateway.get(path, {"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "by"),
        ("by=price", "by"),
        ("by=symbol", "by"),
        ("by=close&by=open", "by"),
        ("by=close&order=upwards", "order"),
        ("by=accumulated_volume&order=ascending", "order"),
        ("by=close&where=close>=two", "where"),
        ("by=close&where=price>=2", "where"),
        ("by=close&where=close", "where"),
        ("by=close&where=" + "x" * 1_000, "where"),
        ("by=close&where=" + "x" * 10_000, "where"),
        ("by=close" + "&where=close>1" * (CONDITIONS + 1), "where"),
        ("by=close" + "&where=close>1" * 100, "where"),
        ("by=close&hours=night", "hours"),
        ("by=close&limit=0", "limit"),
        (f"by=close&limit={SCREEN_ROWS + 1}", "limit"),
        ("by=close&limit=all", "limit"),
        ("by=close&offset=-1", "offset"),
        ("by=close&fields=close,price", "fields"),
        ("by=close&when=now", "when"),
        ("by=close&" + "y" * LONGEST_QUERY, "y" * 80),
    ],
)
def test_a_wrong_parameter_is_named(gateway: Gateway, redis: Redis, query: str, parameter: str) -> None:
    answer = gateway.get(f"/api/screen?{query}")

    assert answer.status_code == 400
    assert answer.json().keys() == {"error", "parameter"}
    assert answer.json()["parameter"] == parameter
    assert 10 < len(answer.json()["error"]) < 250


def test_ranks_are_exact_beyond_what_is_published(gateway: Gateway, system: System, redis: Redis) -> None:
    # Given more symbols than a board publishes, some with equal scores, some of which traded before the open only
    system.process([bar(f"P{n}", "09:29:00", av=n // 3) for n in range(600)])
    system.process([bar(f"R{n}", "09:30:01", close=10 + n / 3, o=10.0, av=n // 2) for n in range(300)])

    for symbol in ("P0", "P1", "P599", "R0", "R299", "R150"):
        ranks = gateway.get(f"/api/ranks/{symbol}").json()["ranks"]

        # Then each rank is that in the board's sorted set
        for board in BOARDS[1:]:
            rank: Any = redis.zrevrank(board.key, symbol)
            of: Any = redis.zcard(board.key)
            assert ranks[board.name] == (None if rank is None else placed(rank + 1, of)), (symbol, board.name)

    # And so it is where the set is trimmed
    volumes = [(n // 3, f"P{n}") for n in range(600)] + [(n // 2, f"R{n}") for n in range(300)]
    assert redis.zrevrank(BOARDS[0].key, "P0") is None
    ranks = gateway.get("/api/ranks/P0").json()["ranks"]
    assert ranks["volume"] == placed(sorted(volumes, reverse=True).index((0, "P0")) + 1, 900)
    assert ranks["gainers"] is None


def placed(rank: int, of: int) -> dict[str, float]:
    return {"rank": rank, "of": of, "percentile": 100 * (of - rank) / (of - 1)}


def test_a_symbol_that_has_no_rank(gateway: Gateway, market: System) -> None:
    assert gateway.get("/api/ranks/NONE").status_code == 404
    for wrong in ("A%20B", "*", "A" * 25):
        answer = gateway.get(f"/api/ranks/{wrong}")
        assert (answer.status_code, answer.json()["parameter"]) == (400, "symbol")
    answer = gateway.get("/api/ranks/AAPL?board=volume")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "board")
