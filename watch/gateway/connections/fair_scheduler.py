"""Whose input is taken next."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from watch.gateway.connections.addresses import ClientAddress

# Seconds for which clients' input is taken before everything else has its turn.
_TURN = 0.005
# Seconds for which it waits at most while connections are accepted: the event loop takes one each time round.
_ACCEPTING = 0.05


class FairScheduler:
    """Takes what clients sent piece by piece: in turn of the addresses, and of the connections of each.

    An address that has overdrawn its budget waits until it has paid. So no crowd, however large, holds the event
    loop for longer than some milliseconds, and no address delays another.
    """

    def __init__(self) -> None:
        self._ready: deque[ClientAddress] = deque()
        self._accepted = False
        self._last = 0.0

    def accepted(self) -> None:
        """Note a new connection. Those that may wait behind it come first: else an honest one would wait long."""
        self._accepted = True

    def enter(self, address: ClientAddress, take: Callable[[], None]) -> None:
        """Call `take` when it is its turn."""
        address.waiting.append(take)
        if len(address.waiting) == 1:
            self._await(address)

    def _await(self, address: ClientAddress) -> None:
        if debt := address.work.debt:
            asyncio.get_running_loop().call_later(debt, self._again, address)
        else:
            self._again(address)

    def _again(self, address: ClientAddress) -> None:
        self._ready.append(address)
        if len(self._ready) == 1:
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        now = time.perf_counter()
        if self._accepted and now - self._last < _ACCEPTING:
            self._accepted = False
            asyncio.get_running_loop().call_soon(self._run)
            return
        self._take_turns(now + _TURN)
        self._last = time.perf_counter()

    def _take_turns(self, until: float) -> None:
        # Each stays in its queue until it is done, so that what it enters meanwhile is not scheduled twice.
        while True:
            address = self._ready[0]
            address.waiting[0]()
            address.waiting.popleft()
            if address.waiting:
                self._await(address)
            self._ready.popleft()
            if not self._ready:
                return
            if time.perf_counter() >= until:
                asyncio.get_running_loop().call_soon(self._run)
                return
