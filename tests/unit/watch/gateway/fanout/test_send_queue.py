"""When clients are sent what waits for them."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial

from watch.gateway.fanout.send_queue import SendQueue

# Seconds in which a test's clients have long been sent what waits.
LONG = 10.0


def run(steps: Callable[[SendQueue, list[int]], Coroutine[None, None, None]]) -> None:
    """Run steps with a queue, and the list of the numbers of clients that were sent something."""
    asyncio.run(steps(SendQueue(), []))


def test_clients_are_sent_what_waits_when_the_loop_turns() -> None:
    async def steps(queue: SendQueue, sent: list[int]) -> None:
        queue.add(lambda: sent.append(1))
        queue.add(lambda: sent.append(2))
        assert sent == []

        await asyncio.sleep(0)
        assert sent == [1, 2]

    run(steps)


def test_clients_wait_for_what_is_still_coming() -> None:
    async def steps(queue: SendQueue, sent: list[int]) -> None:
        # Given a publication whose successor has come in part
        queue.add(lambda: sent.append(1))
        queue.hold(True)
        await asyncio.sleep(0)
        queue.add(lambda: sent.append(2))
        queue.hold(True)
        await asyncio.sleep(0)
        assert sent == []

        # When the last one has come
        queue.hold(False)
        await asyncio.sleep(0)

        # Then all are sent
        assert sent == [1, 2]

    run(steps)


def test_clients_do_not_wait_for_long() -> None:
    async def steps(queue: SendQueue, sent: list[int]) -> None:
        # When what is coming does not come
        done = asyncio.Event()
        queue.hold(True)
        queue.add(done.set)

        # Then they are sent what there is
        await asyncio.wait_for(done.wait(), LONG)

        # And who comes later waits anew
        queue.hold(True)
        queue.add(lambda: sent.append(1))
        await asyncio.sleep(0)
        assert sent == []

    run(steps)


def test_the_loop_does_everything_else_between_many_clients() -> None:
    async def steps(queue: SendQueue, sent: list[int]) -> None:
        # Given more clients than are sent something in a turn
        for n in range(2_000):
            queue.add(partial(sent.append, n))

        # When the loop turns, then some are sent it, and all after a few turns, in their order
        await asyncio.sleep(0)
        assert 0 < len(sent) < 2_000
        while len(sent) < 2_000:
            await asyncio.sleep(0)
        assert sent == list(range(2_000))

    run(steps)


def test_a_queue_in_which_nobody_waits_does_nothing() -> None:
    async def steps(queue: SendQueue, sent: list[int]) -> None:
        queue.hold(True)
        queue.hold(False)
        queue.hold(False)
        queue.add(lambda: sent.append(1))
        await asyncio.sleep(0)
        assert sent == [1]

    run(steps)


def test_clients_of_one_publication_do_not_wait_again_for_the_next_ones() -> None:
    async def steps(queue: SendQueue, sent: list[int]) -> None:
        # Given more clients than are sent something at once, of whom the first were
        clients = 2_000
        queue.hold(True)
        for client in range(clients):
            queue.add(partial(sent.append, client))
        queue.hold(False)
        await asyncio.sleep(0)
        assert 0 < len(sent) < clients

        # When more is on its way each time that the loop turns
        turns = 0
        while len(sent) < clients:
            queue.hold(True)
            await asyncio.sleep(0)
            turns += 1

        # Then the others are sent theirs at its next turns
        assert turns < 10
        assert sent == [*range(clients)]

    run(steps)


def test_a_client_that_cannot_be_sent_anything_does_not_stop_the_others() -> None:
    async def steps(queue: SendQueue, sent: list[int]) -> None:
        # Given a client whose sending fails, which the loop reports
        failures: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))

        def fail() -> None:
            raise OSError("gone")

        queue.add(fail)
        queue.add(partial(sent.append, 1))

        # Then the next one is sent what waits for it all the same
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert sent == [1]
        assert [str(failure) for failure in failures] == ["gone"]

    run(steps)
