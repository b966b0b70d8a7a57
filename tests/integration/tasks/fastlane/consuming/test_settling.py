"""When the batches in flight are waited for."""

from collections.abc import Callable, Sequence
from time import monotonic

import pytest
from redis import Redis

from tasks.fastlane.consuming import channel
from tasks.fastlane.consuming.fetch import RawMessage
from tests.support.messages.lanes import (
    Consumer,
    put_calls,
)


class BatchNoter:
    """Stands in for a consumer of batches.

    Attributes:
        events: what it was told, in order.
        when: called as it runs a batch.
    """

    def __init__(self, when: Callable[[], None]) -> None:
        self.events: list[str] = []
        self.when = when
        self._added = 0

    def add(self, messages: Sequence[tuple[RawMessage, str, bytes]]) -> list[RawMessage]:
        self._added += len(messages)
        return []

    def run(self) -> None:
        self.events.append(f"run {self._added}")
        self._added = 0
        self.when()

    def settle(self) -> None:
        self.events.append("settle")

    def close(self) -> None:
        self.events.append("close")


def test_batches_are_settled_soon_though_no_more_comes(redis: Redis, redis_url: str) -> None:
    # Given a consumer that takes batches, and so many messages that it asks for the next at once
    put_calls(redis_url, "q", 100)
    with Consumer(redis_url, "q") as consumer:
        batches = consumer.channel.batch_consumers["tests.batch"] = BatchNoter(lambda: None)
        consumer.turn(lambda: batches.events)
        began = monotonic()

        # When nothing more comes
        consumer.turn(lambda: len(batches.events) > 1)

    # Then the end of what it took is waited for soon, while it waits for more
    assert batches.events[:2] == ["run 100", "settle"]
    assert monotonic() - began < 0.5


def test_a_batch_runs_while_another_is_in_flight(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a consumer that takes batches, and waits long for another
    monkeypatch.setattr(channel, "SETTLE_AFTER", 30.0)
    put_calls(redis_url, "q", 100)
    more = iter([lambda: put_calls(redis_url, "q", 80)])
    with Consumer(redis_url, "q") as consumer:
        # When more messages come while it works on the first
        batches = BatchNoter(lambda: next(more, lambda: None)())
        consumer.channel.batch_consumers["tests.batch"] = batches
        consumer.turn(lambda: len(batches.events) >= 2)

    # Then it takes them before it waits for the end of the first
    assert batches.events[0] == "run 100"
    assert batches.events[1].startswith("run")


def test_one_tasks_batches_do_not_put_off_the_end_of_anothers(redis: Redis, redis_url: str) -> None:
    # Given a consumer that has taken a batch of one task, while its next fetch waits
    put_calls(redis_url, "q", 100)
    with Consumer(redis_url, "q") as consumer:
        other = BatchNoter(lambda: None)
        batches = BatchNoter(lambda: put_calls(redis_url, "q", 80, "tests.other"))
        consumer.channel.batch_consumers |= {"tests.batch": batches, "tests.other": other}

        # When batches of another come
        consumer.turn(lambda: any(event.startswith("run") for event in other.events))

        # Then the end of the first has been waited for
        assert batches.events[:2] == ["run 100", "settle"]
