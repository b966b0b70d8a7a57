"""All of the gateway's connections: how many there may be, and when one is cut off."""

import asyncio
import logging
import resource
import time

from watch.gateway.inbound import Inbound
from watch.gateway.limits import (
    CONNECTION_COST,
    CONNECTIONS,
    CONNECTIONS_PER_ADDRESS,
    REQUEST_DEADLINE,
    SPARE_FILES,
)
from watch.gateway.sources import Source, Sources
from watch.gateway.supervision import Supervisor
from watch.gateway.totals import Totals
from watch.gateway.turns import Turns

log = logging.getLogger(__name__)

#: Where the protocols find it in the ASGI state of the application.
STATE = "admission"

_CHECK = 1.0


def most_connections() -> int:
    """How many connections there may be. The limit of open files is raised for them as far as it can be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return CONNECTIONS
    most = soft - min(SPARE_FILES, soft // 2)
    log.warning("the limit of open files, %d, allows %d connections instead of %d", soft, most, CONNECTIONS)
    return most


class Admission:
    """Lets connections in, and cuts off those that are overdue.

    Where there are as many as there may be, the one that has waited longest without a whole request makes room for
    a new one, of its own address first: a client that means to ask has asked long before.

    Args:
        sources: where they come from.
        totals: what is counted.
        supervisor: keeps it going.
        most: connections in all.
        most_per_address: connections of one address.
    """

    def __init__(
        self,
        sources: Sources,
        totals: Totals,
        supervisor: Supervisor,
        most: int = CONNECTIONS,
        most_per_address: int = CONNECTIONS_PER_ADDRESS,
    ) -> None:
        self.sources = sources
        self.totals = totals
        self._supervisor = supervisor
        self._turns = Turns()
        self._most = most
        self._most_per_address = min(most_per_address, most)
        self._connections: set[Inbound] = set()
        self._unasked: dict[Inbound, None] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def enter(self, transport: asyncio.Transport) -> Inbound | None:
        """A new connection; None where it is refused."""
        self._turns.accepted()
        peer = transport.get_extra_info("peername")
        source = self.sources.at(str(peer[0]) if peer else "")
        if not self._has_room(source):
            self.totals.refused += 1
            transport.abort()
            return None
        source.work.take(CONNECTION_COST)
        inbound = Inbound(transport, source, self._turns)
        self._connections.add(inbound)
        source.connections += 1
        self.expect(inbound)
        return inbound

    def leave(self, inbound: Inbound) -> None:
        """Forget a connection that has ended."""
        if inbound in self._connections:
            self.expect_nothing(inbound)
            self._connections.remove(inbound)
            inbound.source.connections -= 1

    def move(self, inbound: Inbound, source: Source) -> bool:
        """Count a connection for whom its proxy named. Returns whether that one may have it."""
        if source is inbound.source:
            return True
        if source.connections >= self._most_of(source) or source.work.debt > REQUEST_DEADLINE:
            self.totals.refused += 1
            return False
        source.work.take(CONNECTION_COST)
        self.expect_nothing(inbound)
        inbound.source.connections -= 1
        inbound.source = source
        source.connections += 1
        return True

    def _has_room(self, source: Source) -> bool:
        if source.work.debt > REQUEST_DEADLINE:
            # It would wait in vain.
            return False
        if source.connections >= self._most_of(source) and not self._evict(source.unasked):
            return False
        return len(self._connections) < self._most or self._evict(source.unasked) or self._evict(self._unasked)

    def _most_of(self, source: Source) -> int:
        return self._most if source.is_proxy else self._most_per_address

    def _evict(self, unasked: dict[Inbound, None]) -> bool:
        if not unasked:
            return False
        self._cut_off(next(iter(unasked)))
        self.totals.refused += 1
        return True

    # --- requests that have to come

    def expect(self, inbound: Inbound) -> None:
        """Have a whole request come in time."""
        self.expect_nothing(inbound)
        inbound.due = time.monotonic() + REQUEST_DEADLINE
        self._unasked[inbound] = inbound.source.unasked[inbound] = None

    def expect_nothing(self, inbound: Inbound) -> None:
        """It has come."""
        inbound.due = None
        self._unasked.pop(inbound, None)
        inbound.source.unasked.pop(inbound, None)

    # --- in the background

    async def run(self) -> None:
        """Cut off what is overdue, until cancelled."""
        await self._supervisor.every(_CHECK, "the look at connections", self._check)

    async def _check(self) -> None:
        now = time.monotonic()
        for inbound in list(self._connections):
            if inbound.is_stuck(now):
                self.totals.dropped += 1
            elif inbound.is_overdue(now):
                if inbound.transport.get_write_buffer_size():
                    self.totals.dropped += 1
                else:
                    self.totals.overdue += 1
            else:
                continue
            self._cut_off(inbound)

    def _cut_off(self, inbound: Inbound) -> None:
        self.leave(inbound)
        inbound.transport.abort()
