"""Decides whose input is processed next."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from watch.gateway.connections.addresses import ClientAddress

# Seconds of processing input before the event loop does everything else.
_TIME_SLICE = 0.005
# Seconds that input waits at most while connections are accepted: the event loop accepts one in each iteration.
_ACCEPTING = 0.05


class FairScheduler:
    """Processes what clients send piece by piece, round robin over addresses, and over the connections of each.

    An address that has overdrawn its budget waits until its debt is paid. So no crowd, however large, blocks the
    event loop for longer than some milliseconds, and no address delays another.
    """

    def __init__(self) -> None:
        self._ready: deque[ClientAddress] = deque()
        self._accepted = False
        self._last_run = 0.0

    def accepted(self) -> None:
        """Note a new connection. Others may wait to be accepted; they go first, or they would wait for long."""
        self._accepted = True

    def schedule(self, address: ClientAddress, process: Callable[[], None]) -> None:
        """Call `process` when it is its turn."""
        address.waiting.append(process)
        if len(address.waiting) == 1:
            self._enqueue_when_paid(address)

    def _enqueue_when_paid(self, address: ClientAddress) -> None:
        if debt := address.work.debt:
            asyncio.get_running_loop().call_later(debt, self._enqueue, address)
        else:
            self._enqueue(address)

    def _enqueue(self, address: ClientAddress) -> None:
        self._ready.append(address)
        if len(self._ready) == 1:
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        now = time.perf_counter()
        if self._accepted and now - self._last_run < _ACCEPTING:
            self._accepted = False
            asyncio.get_running_loop().call_soon(self._run)
            return
        self._process(until=now + _TIME_SLICE)
        self._last_run = time.perf_counter()

    def _process(self, until: float) -> None:
        # An address stays in its queue until its piece is done, so that it is not scheduled twice meanwhile.
        while True:
            address = self._ready[0]
            address.waiting[0]()
            address.waiting.popleft()
            if address.waiting:
                self._enqueue_when_paid(address)
            self._ready.popleft()
            if not self._ready:
                return
            if time.perf_counter() >= until:
                asyncio.get_running_loop().call_soon(self._run)
                return
