"""Many calls in a write."""

import math
from collections.abc import Iterator
from itertools import count, islice

import pytest
from redis import Redis

from tasks.fastlane.sending.buffer import BATCH_SIZE
from tests.support.senders import QUEUE, app_on, body, events, messages, task_on, writes
from tests.support.waiting import eventually


def test_many_are_sent_in_few_writes_and_in_order(url: str, broker: Redis) -> None:
    # Given a task and a generator of events
    task = task_on(app_on(url))
    task.delay_many([0])
    before = writes(broker)
    # When they are sent
    ids = task.delay_many({"n": n} for n in range(1, 2 * BATCH_SIZE + 8))
    # Then it takes three writes
    assert writes(broker) - before == 3
    # And each is a message, in their order
    sent = messages(broker)[1:]
    assert [events(each)["n"] for each in sent] == list(range(1, 2 * BATCH_SIZE + 8))
    assert [each["headers"]["id"] for each in sent] == ids
    assert len({each["properties"]["delivery_tag"] for each in sent} | set(ids)) == 2 * len(ids)


def test_large_messages_are_not_put_in_one_write(url: str, broker: Redis) -> None:
    task = task_on(app_on(url))
    task.delay_many([0])
    before = writes(broker)

    task.delay_many("x" * 1_000_000 for _ in range(9))

    assert writes(broker) - before == 3


def test_nothing_is_sent_of_nothing(url: str, broker: Redis) -> None:
    assert task_on(app_on(url)).delay_many([]) == []
    assert not broker.keys()


def test_when_the_events_end_with_an_error_those_before_it_are_sent(url: str, broker: Redis) -> None:
    def failing() -> Iterator[int]:
        yield from range(3)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        task_on(app_on(url)).delay_many(failing())

    assert [events(each) for each in messages(broker)] == [0, 1, 2]


def test_a_buffer_is_flushed_when_it_is_full_when_asked_and_at_its_end(url: str, broker: Redis) -> None:
    task = task_on(app_on(url))
    # Given a buffer of three
    with task.buffered(size=3, seconds=math.inf) as send:
        # When two are sent, nothing is written; the third fills it
        ids = [send("a"), send("b", extra=1)]
        assert (broker.llen(QUEUE), send.sent) == (0, 0)
        ids.append(send("c"))
        assert (broker.llen(QUEUE), send.sent) == (3, 3)
        # And when it is flushed, it writes what it has
        ids.append(send(event="d"))
        send.flush()
        assert broker.llen(QUEUE) == 4
        send.flush()
        ids.append(send("e"))
    # And at its end it writes the rest
    assert send.sent == 5
    assert [each["headers"]["id"] for each in messages(broker)] == ids
    assert [body(each)[:2] for each in messages(broker)] == [
        [["a"], {}],
        [["b"], {"extra": 1}],
        [["c"], {}],
        [[], {"event": "d"}],
        [["e"], {}],
    ]


def test_a_buffer_lets_no_message_grow_old_while_others_come(url: str, broker: Redis) -> None:
    with task_on(app_on(url)).buffered(seconds=0.01) as send:
        send("first")
        # When calls go on coming for longer than that
        eventually(lambda: send("next") and broker.llen(QUEUE))


@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt])
def test_what_a_buffer_has_accepted_is_sent_when_its_block_fails(
    url: str, broker: Redis, error: type[BaseException]
) -> None:
    def block() -> None:
        with task_on(app_on(url)).buffered() as send:
            send("accepted")
            raise error

    with pytest.raises(error):
        block()
    assert [events(each) for each in messages(broker)] == ["accepted"]


def test_a_buffer_holds_what_an_event_was_when_it_was_sent(url: str, broker: Redis) -> None:
    event = {"n": 1}
    with task_on(app_on(url)).buffered() as send:
        send(event)
        event["n"] = 2

    assert [events(each) for each in messages(broker)] == [{"n": 1}]


def test_an_iterable_is_not_taken_in_at_once(url: str, broker: Redis) -> None:
    task = task_on(app_on(url))

    task.delay_many(islice(count(), BATCH_SIZE * 2))

    assert broker.llen(QUEUE) == BATCH_SIZE * 2
