"""Where clients come from: what is counted by address."""

import ipaddress
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from starlette.types import Scope

from watch.gateway.connections.token_bucket import TokenBucket
from watch.gateway.limits import ADDRESSES, GUESSES, GUESSES_PER_SECOND, WORK, WORK_PER_SECOND, WRONG_KEYS

if TYPE_CHECKING:
    from watch.gateway.connections.client_connection import ClientConnection

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# A host has a whole network of this size in IPv6.
_IPV6_PREFIX = 64


class ClientAddress:
    """One address, or all of a trusted proxy's connections, which have no bounds of their own.

    Attributes:
        address: for the log.
        is_proxy: whether others stand behind it, whom it names.
        work: what it may still cost, in frames.
        guesses: how many more wrong keys it may try.
        connections: how many it has.
        waiting: what is to be called when it is its turn.
        unasked: connections from which no whole request has come yet, the longest waiting first.
    """

    def __init__(self, address: str, *, is_proxy: bool = False) -> None:
        self.address = address
        self.is_proxy = is_proxy
        self.work = TokenBucket(math.inf if is_proxy else WORK, WORK_PER_SECOND)
        self.guesses = TokenBucket(GUESSES, GUESSES_PER_SECOND)
        self._wrong: set[int] = set()
        self.connections = 0
        self.waiting: deque[Callable[[], None]] = deque()
        self.unasked: dict[ClientConnection, None] = {}

    def is_new(self, wrong: str) -> bool:
        """Whether a wrong key has not been tried of late."""
        # Not the key itself, which may be one letter off.
        told = hash(wrong)
        if told in self._wrong:
            return False
        if len(self._wrong) >= WRONG_KEYS:
            self._wrong.clear()
        self._wrong.add(told)
        return True

    @property
    def is_idle(self) -> bool:
        return not self.connections and not self.waiting and self.work.is_full and self.guesses.is_full


class ClientAddresses:
    """All addresses.

    Args:
        proxies: networks of proxies whose ``X-Forwarded-For`` is believed.
    """

    def __init__(self, proxies: Collection[Network] = ()) -> None:
        self._proxies = tuple(proxies)
        self._by_name: OrderedDict[str, ClientAddress] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_name)

    def at(self, ip: str) -> ClientAddress:
        """The client's address of an IP address."""
        if self._is_proxy(ip):
            name, is_proxy = ip, True
        else:
            name, is_proxy = _name_of(ip), False
        address = self._by_name.get(name)
        if address is None:
            address = self._by_name[name] = ClientAddress(name, is_proxy=is_proxy)
            self._forget()
        self._by_name.move_to_end(name)
        return address

    def behind(self, address: ClientAddress, headers: Iterable[tuple[bytes, bytes]]) -> ClientAddress:
        """Who asks by a connection of `address`: itself, or where it is a trusted proxy whom that names."""
        if not address.is_proxy:
            return address
        named = b",".join(value for name, value in headers if name.lower() == b"x-forwarded-for")
        for hop in reversed([each.strip() for each in named.decode("latin-1").split(",")]):
            if not hop:
                continue
            if not self._is_proxy(hop):
                return self.at(hop)
        return address

    def of(self, scope: Scope) -> ClientAddress:
        """Who asks what an ASGI scope describes."""
        client = scope.get("client")
        return self.behind(self.at(client[0] if client else ""), scope["headers"])

    def _is_proxy(self, address: str) -> bool:
        if not self._proxies:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)

    def _forget(self) -> None:
        """Forget those unseen for longest of the idle ones."""
        if len(self._by_name) > ADDRESSES:
            for name, address in list(self._by_name.items())[: ADDRESSES // 10]:
                if address.is_idle:
                    del self._by_name[name]


def _name_of(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
