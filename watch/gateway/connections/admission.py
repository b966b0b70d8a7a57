"""Admission control: how many connections there may be, and when one is cut off."""

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

# Seconds between two checks for overdue connections.
_CHECK = 1.0


def most_connections() -> int:
    """How many connections there may be. Raises the limit of open files for them, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = CONNECTIONS + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return CONNECTIONS
    most = soft - min(SPARE_FILES, soft // 2)
    log.warning("the limit of open files, %d, allows %d connections instead of %d", soft, most, CONNECTIONS)
    return most


class Admission:
    """Admits connections, and cuts off those that are overdue.

    At the limit, the connection that has been without a whole request for longest is evicted for a new one, from
    the same address first. A client that means to send a request has sent it long before.

    Args:
        addresses: that connections come from.
        counters: where refused and cut off connections are counted.
        supervisor: runs the checks.
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
        self._without_request: dict[ClientConnection, None] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def admit(self, transport: asyncio.Transport) -> ClientConnection | None:
        """A new connection; None if it is refused, and then it is closed."""
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
        self.await_request(connection)
        return connection

    def remove(self, connection: ClientConnection) -> None:
        """Forget a connection that has ended."""
        if connection in self._connections:
            self.request_came(connection)
            self._connections.remove(connection)
            connection.address.connections -= 1

    def move(self, connection: ClientConnection, address: ClientAddress) -> bool:
        """Count a proxy's connection for the client behind it. Returns whether that address may have one more."""
        if address is connection.address:
            return True
        if address.connections >= self._limit_of(address) or address.work.debt > REQUEST_DEADLINE:
            self.counters.refused += 1
            return False
        address.work.take(CONNECTION_COST)
        self.request_came(connection)
        connection.address.connections -= 1
        connection.address = address
        address.connections += 1
        return True

    def _has_room(self, address: ClientAddress) -> bool:
        if address.work.debt > REQUEST_DEADLINE:
            # The client would wait in vain.
            return False
        if address.connections >= self._limit_of(address) and not self._evict(address.without_request):
            return False
        return (
            len(self._connections) < self._most
            or self._evict(address.without_request)
            or self._evict(self._without_request)
        )

    def _limit_of(self, address: ClientAddress) -> int:
        return self._most if address.is_proxy else self._most_per_address

    def _evict(self, without_request: dict[ClientConnection, None]) -> bool:
        if not without_request:
            return False
        self._cut_off(next(iter(without_request)))
        self.counters.refused += 1
        return True

    # --- the deadline of requests

    def await_request(self, connection: ClientConnection) -> None:
        """Start the deadline of the next request."""
        self.request_came(connection)
        connection.due = time.monotonic() + REQUEST_DEADLINE
        self._without_request[connection] = connection.address.without_request[connection] = None

    def request_came(self, connection: ClientConnection) -> None:
        """End the deadline."""
        connection.due = None
        self._without_request.pop(connection, None)
        connection.address.without_request.pop(connection, None)

    # --- in the background

    async def run(self) -> None:
        """Cut off overdue connections, until cancelled."""
        await self._supervisor.every(_CHECK, "the check of connections", self._check)

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
        self.remove(connection)
        connection.transport.abort()
