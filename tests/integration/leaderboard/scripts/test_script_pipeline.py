"""Scripts that are begun before the reply of the last one is there."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from leaderboard.connections.pending import Pending
from leaderboard.scripts.script_pipeline import ScriptPipeline
from tests.support.waiting import eventually

# Notes its argument, and replies with it.
NOTE = "redis.call('RPUSH', KEYS[1], ARGV[1]) return ARGV[1]"


@pytest.fixture
def pipeline(redis: Redis) -> Iterator[ScriptPipeline]:
    redis.flushall()
    redis.script_flush()
    yield ScriptPipeline(redis, redis.register_script(NOTE))
    # Then, in every case, no connection is left in use
    assert not redis.connection_pool._in_use_connections


def send(pipeline: ScriptPipeline, *numbers: int) -> list[Pending[object]]:
    return [pipeline.send(["notes"], [number]) for number in numbers]


def notes(redis: Redis) -> list[int]:
    return [int(each) for each in redis.lrange("notes", 0, -1)]


def replies(calls: list[Pending[object]]) -> list[object]:
    return [call.result() for call in calls]


def refusals(redis: Redis) -> int:
    return int(redis.info("commandstats").get("cmdstat_evalsha", {}).get("failed_calls", 0))


def test_they_run_in_their_order_without_being_waited_for(redis: Redis, pipeline: ScriptPipeline) -> None:
    # Given a script that the server knows
    redis.script_load(NOTE)

    # When several calls are begun, then they run before anybody asks
    calls = send(pipeline, 1, 2, 3)
    others = redis.client()
    others.ping()
    assert notes(others) == [1, 2, 3]
    others.close()

    # And each reply is its call's
    assert replies(calls) == [b"1", b"2", b"3"]


def test_a_script_that_is_not_known_is_loaded_and_nothing_overtakes(
    redis: Redis, pipeline: ScriptPipeline
) -> None:
    # Given a server that does not know the script
    # When calls are begun, one more after the first has ended
    first, second = send(pipeline, 1, 2)
    assert first.result() == b"1"
    (third,) = send(pipeline, 3)

    # Then all run, in their order
    assert replies([second, third]) == [b"2", b"3"]
    assert notes(redis) == [1, 2, 3]


def test_a_lost_connection_has_calls_run_again_in_their_order(redis: Redis, pipeline: ScriptPipeline) -> None:
    # Given calls that are begun
    redis.script_load(NOTE)
    calls = send(pipeline, 1, 2)

    # When the connection is cut before their replies are read, and another is begun
    for each in redis.client_list():
        if each["id"] != str(redis.client_id()):
            redis.client_kill_filter(_id=each["id"])
    calls += send(pipeline, 3)

    # Then each has its reply, and runs after those before it
    assert replies(calls) == [b"1", b"2", b"3"]
    assert notes(redis)[-3:] == [1, 2, 3]


def test_calls_refused_by_a_replica_run_again_by_another_connection(
    redis: Redis, pipeline: ScriptPipeline
) -> None:
    # Given calls that a server has refused as it was a replica
    redis.script_load(NOTE)
    redis.replicaof("127.0.0.1", "1")
    before = refusals(redis)
    refused = redis.client_id()
    calls = send(pipeline, 1, 2)
    eventually(lambda: refusals(redis) == before + 2)

    # When it takes writes again, then each has its reply
    redis.replicaof("NO", "ONE")
    assert replies(calls) == [b"1", b"2"]
    assert notes(redis) == [1, 2]

    # And not by the connection of before, whose address may lead to another server by now
    assert str(refused) not in {each["id"] for each in redis.client_list()}


def test_an_error_of_one_call_is_that_calls(redis: Redis, pipeline: ScriptPipeline) -> None:
    # Given a call on a key of another type between two good ones
    redis.script_load(NOTE)
    redis.set("text", 1)
    first, wrong, last = pipeline.send(["notes"], [1]), pipeline.send(["text"], [2]), pipeline.send(["notes"], [3])

    # Then it alone fails
    assert first.result() == b"1"
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        wrong.result()
    assert last.result() == b"3"
    assert notes(redis) == [1, 3]


def test_replies_taken_in_another_order_are_right_all_the_same(redis: Redis, pipeline: ScriptPipeline) -> None:
    # Given two calls whose replies are asked for the wrong way round
    redis.script_load(NOTE)
    first, second = send(pipeline, 1, 2)

    # Then each has its own reply
    assert (second.result(), first.result()) == (b"2", b"1")

    # And none has run twice
    assert notes(redis) == [1, 2]


def test_a_failed_call_that_is_asked_about_later_fails_alone(redis: Redis, pipeline: ScriptPipeline) -> None:
    # Given a call on a key of another type before a good one
    redis.script_load(NOTE)
    redis.set("text", 1)
    wrong, good = pipeline.send(["text"], [1]), pipeline.send(["notes"], [2])

    # When the good one is asked about first, then it has its reply
    assert good.result() == b"2"

    # And the other fails
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        wrong.result()


def test_threads_do_not_read_each_others_replies(redis: Redis, pipeline: ScriptPipeline) -> None:
    # Given threads that begin calls at once
    redis.script_load(NOTE)
    meet = threading.Barrier(4)

    def work(start: int) -> bool:
        right = True
        for number in range(start, start + 50, 2):
            meet.wait(10)
            calls = send(pipeline, number, number + 1)
            right &= replies(calls) == [str(number).encode(), str(number + 1).encode()]
        return right

    # Then each gets its own replies
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, (1000, 2000, 3000, 4000)))
    assert sorted(notes(redis)) == sorted(n + k for n in (1000, 2000, 3000, 4000) for k in range(50))


def test_forgotten_replies_keep_nobody_from_going_on(redis: Redis, pipeline: ScriptPipeline) -> None:
    # Given calls that are begun, one of which somebody will still ask about
    redis.script_load(NOTE)
    asked, _ = send(pipeline, 1, 2)

    # When their replies are forgotten, and another is begun
    pipeline.abandon()
    (later,) = send(pipeline, 3)

    # Then each of those that are asked about has its own
    assert later.result() == b"3"
    assert asked.result() == b"1"

    # And calls still run without being waited for
    (last,) = send(pipeline, 4)
    other = redis.client()
    eventually(lambda: b"4" in other.lrange("notes", 0, -1))
    other.close()
    assert last.result() == b"4"
