"""All of the gateway's connections: how many there may be, and when one is cut off."""

import asyncio
import logging
import resource
import time

from watch.gateway.connections.addresses import ClientAddress, ClientAddresses
from watch.gateway.connections.client_connection import ClientConnection
from watch.gateway.connections.fair_scheduler import FairScheduler
from watch.gateway.counters import Counters
from watch.gateway.limits import (
    CONNECTION_COST,
    CONNECTIONS,
    CONNECTIONS_PER_ADDRESS,
    REQUEST_DEADLINE,
    SPARE_FILES,
)
from watch.gateway.supervisor import Supervisor

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
        addresses: where they come from.
        counters: what is counted.
        supervisor: keeps it going.
        most: connections in all.
        most_per_address: connections of one address.
    """

    def __init__(
        self,
        addresses: ClientAddresses,
        counters: Counters,
        supervisor: Supervisor,
        most: int = CONNECTIONS,
        most_per_address: int = CONNECTIONS_PER_ADDRESS,
    ) -> None:
        self.addresses = addresses
        self.counters = counters
        self._supervisor = supervisor
        self._scheduler = FairScheduler()
        self._most = most
        self._most_per_address = min(most_per_address, most)
        self._connections: set[ClientConnection] = set()
        self._unasked: dict[ClientConnection, None] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def enter(self, transport: asyncio.Transport) -> ClientConnection | None:
        """A new connection; None where it is refused."""
        self._scheduler.accepted()
        peer = transport.get_extra_info("peername")
        address = self.addresses.at(str(peer[0]) if peer else "")
        if not self._has_room(address):
            self.counters.refused += 1
            transport.abort()
            return None
        address.work.take(CONNECTION_COST)
        connection = ClientConnection(transport, address, self._scheduler)
        self._connections.add(connection)
        address.connections += 1
        self.expect(connection)
        return connection

    def leave(self, connection: ClientConnection) -> None:
        """Forget a connection that has ended."""
        if connection in self._connections:
            self.expect_nothing(connection)
            self._connections.remove(connection)
            connection.address.connections -= 1

    def move(self, connection: ClientConnection, address: ClientAddress) -> bool:
        """Count a connection for whom its proxy named. Returns whether that one may have it."""
        if address is connection.address:
            return True
        if address.connections >= self._most_of(address) or address.work.debt > REQUEST_DEADLINE:
            self.counters.refused += 1
            return False
        address.work.take(CONNECTION_COST)
        self.expect_nothing(connection)
        connection.address.connections -= 1
        connection.address = address
        address.connections += 1
        return True

    def _has_room(self, address: ClientAddress) -> bool:
        if address.work.debt > REQUEST_DEADLINE:
            # It would wait in vain.
            return False
        if address.connections >= self._most_of(address) and not self._evict(address.unasked):
            return False
        return len(self._connections) < self._most or self._evict(address.unasked) or self._evict(self._unasked)

    def _most_of(self, address: ClientAddress) -> int:
        return self._most if address.is_proxy else self._most_per_address

    def _evict(self, unasked: dict[ClientConnection, None]) -> bool:
        if not unasked:
            return False
        self._cut_off(next(iter(unasked)))
        self.counters.refused += 1
        return True

    # --- requests that have to come

    def expect(self, connection: ClientConnection) -> None:
        """Have a whole request come in time."""
        self.expect_nothing(connection)
        connection.due = time.monotonic() + REQUEST_DEADLINE
        self._unasked[connection] = connection.address.unasked[connection] = None

    def expect_nothing(self, connection: ClientConnection) -> None:
        """It has come."""
        connection.due = None
        self._unasked.pop(connection, None)
        connection.address.unasked.pop(connection, None)

    # --- in the background

    async def run(self) -> None:
        """Cut off what is overdue, until cancelled."""
        await self._supervisor.every(_CHECK, "the look at connections", self._check)

    async def _check(self) -> None:
        now = time.monotonic()
        for connection in list(self._connections):
            if connection.is_stalled(now):
                self.counters.dropped += 1
            elif connection.is_overdue(now):
                if connection.transport.get_write_buffer_size():
                    self.counters.dropped += 1
                else:
                    self.counters.overdue += 1
            else:
                continue
            self._cut_off(connection)

    def _cut_off(self, connection: ClientConnection) -> None:
        self.leave(connection)
        connection.transport.abort()
