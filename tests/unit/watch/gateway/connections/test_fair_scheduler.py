"""Whose input the gateway takes next."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.connections.fair_scheduler import FairScheduler
from watch.gateway.limits import WORK, WORK_PER_SECOND


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 30))


class Sender:
    """A connection that always has more to say."""

    def __init__(
        self, turns: FairScheduler, source: ClientAddress, name: str, took: list[str], cost: float = 1
    ) -> None:
        self._turns, self._source, self._name, self._took, self._cost = turns, source, name, took, cost
        self.left = 100
        turns.schedule(source, self.take)

    def take(self) -> None:
        self._took.append(self._name)
        self._source.work.take(self._cost)
        self.left -= 1
        if self.left:
            self._turns.schedule(self._source, self.take)


def test_addresses_and_their_connections_take_turns() -> None:
    async def scenario() -> None:
        # Given one address with ten busy connections and one with a single one
        turns, took = FairScheduler(), list[str]()
        crowd, single = ClientAddress("192.0.2.1"), ClientAddress("192.0.2.2")
        senders = [Sender(turns, crowd, f"crowd {n}", took) for n in range(10)]
        senders.append(Sender(turns, single, "single", took))

        # When all send as much as they can
        while any(each.left for each in senders):
            await asyncio.sleep(0)

        # Then the single one has every second turn while it sends, and those of the crowd one after the other
        assert took[:200:2] == [f"crowd {n % 10}" for n in range(100)]
        assert set(took[1:200:2]) == {"single"}

    run(scenario)


def test_an_address_beyond_its_budget_waits_and_delays_no_other() -> None:
    async def scenario() -> None:
        # Given an address whose every piece costs a tenth of a second's budget, and which has spent it
        turns, took = FairScheduler(), list[str]()
        spent, other = ClientAddress("192.0.2.1"), ClientAddress("192.0.2.2")
        spent.work.take(WORK)
        began = asyncio.get_running_loop().time()
        slow = Sender(turns, spent, "spent", took, cost=WORK_PER_SECOND / 10)
        quick = Sender(turns, other, "other", took)

        # When both send, then the other is done while the first has hardly begun
        while quick.left:
            await asyncio.sleep(0)
        assert took.count("spent") <= 2 + (asyncio.get_running_loop().time() - began) * 10

        # And it goes on as it pays
        while slow.left > 95:
            await asyncio.sleep(0.01)
        assert asyncio.get_running_loop().time() - began >= 0.3

    run(scenario)


def test_connections_that_wait_to_be_accepted_come_first_but_not_for_ever() -> None:
    async def scenario() -> None:
        turns, took = FairScheduler(), list[str]()
        loop = asyncio.get_running_loop()
        source = ClientAddress("192.0.2.1")
        Sender(turns, source, "first", took).left = 1
        while not took:
            await asyncio.sleep(0)

        # Given connections that are accepted without end
        began = loop.time()
        Sender(turns, source, "second", took).left = 1
        rounds = 0
        while len(took) < 2:
            turns.accepted()
            rounds += 1
            await asyncio.sleep(0)

        # Then input waits for them, and a moment only
        assert rounds > 10
        assert 0.03 < loop.time() - began < 5

        # And not once they have all been accepted
        Sender(turns, source, "third", took).left = 1
        turns.accepted()
        for _ in range(5):
            await asyncio.sleep(0)
        assert took == ["first", "second", "third"]

    run(scenario)
