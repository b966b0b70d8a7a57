"""Publishing: ranks, one consistent read, each slot once, nothing when nothing changed, `[]` after a reset."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.fields import NAMES
from leaderboard.sessions import Phase, Session
from leaderboard.shards import Shards
from leaderboard.store.snapshots import Snapshots
from leaderboard.system import System
from tests.support.market import TODAY, bar
from tests.support.oracle import expected
from tests.support.subscriptions import heard, listening
from tests.support.waiting import eventually

SCANNERS = [board.scanner for board in BOARDS]


def snapshots(redis: Redis, interval: float = 0.05, size: int = 500) -> Snapshots:
    return Snapshots(Shards([redis]), interval=interval, size=size)


def published(publisher: Snapshots) -> int:
    """Publish in the next free slot. Returns the rows sent."""
    result = publisher.publish()
    deadline = time.monotonic() + 5
    while result.result == "taken" and time.monotonic() < deadline:
        time.sleep(0.01)
        result = publisher.publish()
    assert result.result == "published"
    return result.rows


def test_snapshots_expire_with_the_rows_in_them(system: System, redis: Redis) -> None:
    # Given a published board
    system.process([bar("A", "09:30:00")])
    published(snapshots(redis))

    # Then each key lives for four days
    for scanner in SCANNERS:
        assert 4 * 86_400 - 60 < redis.ttl(scanner) <= 4 * 86_400


def test_boards_are_published_as_ranked_arrays(system: System, redis: Redis) -> None:
    # Given three symbols, two of which tie
    bars = [bar("A", "09:30:00", av=5), bar("B", "09:30:00", av=7), bar("C", "09:30:00", av=7)]
    system.process(bars)
    listener = listening(redis, *SCANNERS)

    # When they are published
    assert published(snapshots(redis)) == 3 * len(BOARDS)

    # Then cache and channel hold the same bare array, ranked from 1, as the oracle ranks
    received = dict(heard(listener))
    outcome = expected(bars)
    for board in BOARDS:
        assert received[board.scanner] == outcome.ranked(board.name)
        assert json.loads(redis.get(board.scanner) or b"") == received[board.scanner]
    first = json.loads(redis.get("scanners:top_volume") or b"")[0]
    assert tuple(first) == ("rank", *NAMES)


def test_a_board_is_cut_to_its_size(system: System, redis: Redis) -> None:
    system.process([bar(f"S{n}", "09:30:00", close=10 + n, o=10) for n in range(20)])

    published(snapshots(redis, size=7))

    rows = json.loads(redis.get("scanners:top_gainers") or b"")
    assert [(row["rank"], row["symbol"]) for row in rows] == [(n + 1, f"S{19 - n}") for n in range(7)]


def test_nothing_is_sent_when_nothing_changed(system: System, redis: Redis) -> None:
    # Given a published board
    system.process([bar("A", "09:30:00")])
    publisher = snapshots(redis)
    published(publisher)
    listener = listening(redis, *SCANNERS)

    # When slots go by, with a stale event among them
    system.process([bar("A", "09:30:00")])
    eventually(lambda: publisher.publish().result == "unchanged")

    # Then nothing is sent
    assert heard(listener) == []

    # And the next change is
    system.process([bar("A", "09:30:01")])
    published(publisher)
    assert set(dict(heard(listener))) == set(SCANNERS)


def test_a_reset_publishes_the_emptied_board(system: System, redis: Redis) -> None:
    # Given published boards
    system.process([bar("A", "09:29:59")])
    publisher = snapshots(redis)
    published(publisher)
    assert json.loads(redis.get("scanners:top_gainers") or b"") != []

    # When the regular session starts
    system._store.roll(Session(TODAY, Phase.REGULAR))
    listener = listening(redis, *SCANNERS)
    published(publisher)

    # Then gainers is cleared for every viewer, the others stand
    received = dict(heard(listener))
    assert received["scanners:top_gainers"] == []
    assert redis.get("scanners:top_gainers") == b"[]"
    assert len(received["scanners:top_gappers"]) == 1


def test_a_slot_is_published_once_however_many_try(system: System, redis: Redis, redis_url: str) -> None:
    # Given twenty publishers, as of many beats and workers, and a slot that does not end meanwhile
    system.process([bar("A", "09:30:00")])
    publishers = [snapshots(Redis.from_url(redis_url), interval=1000) for _ in range(20)]
    listener = listening(redis, *SCANNERS)

    # When all publish, each after a change
    def attempt(publisher: Snapshots) -> str:
        redis.incr(keys.REVISION)
        return publisher.publish().result

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(attempt, publishers))

    # Then one did
    assert sorted(results) == ["published"] + ["taken"] * 19
    assert len(heard(listener)) == len(SCANNERS)


def test_publishing_goes_on_when_the_clock_is_set_back(system: System, redis: Redis) -> None:
    # Given a snapshot of an hour ahead, from before the server's clock was set back
    system.process([bar("A", "09:30:00")])
    redis.hset(keys.SNAPSHOT, mapping={"slot": int(time.time() + 3600), "revision": 0})

    # Then the next one is published all the same
    assert snapshots(redis, interval=1).publish().result == "published"


def test_an_expired_quote_leaves_no_hole_in_the_ranks(system: System, redis: Redis) -> None:
    system.process([bar("A", "09:30:00", av=3), bar("B", "09:30:00", av=2), bar("C", "09:30:00", av=1)])
    redis.delete(keys.quote("B"))

    published(snapshots(redis))

    rows = json.loads(redis.get("scanners:top_volume") or b"")
    assert [(row["rank"], row["symbol"]) for row in rows] == [(1, "A"), (2, "C")]


def test_it_goes_on_after_the_server_forgot_its_scripts(replay_settings: Settings, redis: Redis) -> None:
    # Given a system whose scripts the server has
    system = System.from_settings(replay_settings)
    system.process([bar("A", "09:30:00")])

    # When the server forgets them
    redis.script_flush()

    # Then everything goes on
    assert system.process([bar("A", "09:30:01")]).applied == 1
    redis.script_flush()
    assert system.publish().result == "published"
