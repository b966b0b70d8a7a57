"""Workers conflate a backlog."""

from redis import Redis

from leaderboard import keys
from tasks import process_agg
from tests.support.boards import assert_as_expected, totals
from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.waiting import eventually


def test_a_bad_bar_keeps_no_backlog_from_being_conflated(
    processes: Processes, redis: Redis, broker: Redis
) -> None:
    # Given a backlog with bars that are none
    payloads = [bar(f"S{n % 50}", f"10:00:{n // 100:02}", close=10 + n % 7) for n in range(3_000)]
    bad = [{"sym": "not a symbol", "c": 1}, {"sym": "A"}]
    process_agg.delay_many([*payloads[:700], bad[0], *payloads[700:], bad[1]])

    # When a worker works it off
    processes.worker("worker", MARKET_CLOCK="wall", FOLD_AFTER="1")
    eventually(lambda: broker.llen("aggs") == broker.hlen("unacked") == 0)

    # Then the bad ones are kept, and all others are on the boards
    assert_as_expected(redis, expected(payloads))
    assert redis.xlen(keys.DEAD) == 2
    assert totals(redis).folded > 2_000


def test_a_worker_conflates_a_backlog(processes: Processes, redis: Redis, broker: Redis) -> None:
    # Given a backlog of a minute of bars
    payloads = [
        bar(f"S{n}", f"10:00:{second:02}", close=10 + n % 7 + second / 8, o=9 + second / 8)
        for second in range(60)
        for n in range(100)
    ]
    process_agg.delay_many(payloads)

    # When a worker starts
    processes.worker("worker", MARKET_CLOCK="wall", FOLD_AFTER="1")
    eventually(lambda: broker.llen("aggs") == broker.hlen("unacked") == 0)

    # Then the boards are those of all bars, though it has applied few
    assert_as_expected(redis, expected(payloads))
    counted = totals(redis)
    assert counted.processed == 6_000
    assert counted.folded >= 5_000
