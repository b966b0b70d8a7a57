"""The addresses that clients come from, and what each of them may still cost."""

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

# With IPv6, a single host has a whole network of this size.
_IPV6_PREFIX = 64


class ClientAddress:
    """One address. A trusted proxy is one too; its connections are not limited, as many clients share them.

    Attributes:
        name: for the log.
        is_proxy: whether it is a trusted proxy, which names the clients behind it.
        work: what it may still cost, in WebSocket frames.
        guesses: how many more wrong keys it may try.
        connections: how many it has.
        waiting: callbacks that wait for their turn; see :class:`FairScheduler`.
        without_request: its connections that have not sent a whole request yet, the oldest first.
    """

    def __init__(self, name: str, *, is_proxy: bool = False) -> None:
        self.name = name
        self.is_proxy = is_proxy
        self.work = TokenBucket(math.inf if is_proxy else WORK, WORK_PER_SECOND)
        self.guesses = TokenBucket(GUESSES, GUESSES_PER_SECOND)
        self.connections = 0
        self.waiting: deque[Callable[[], None]] = deque()
        self.without_request: dict[ClientConnection, None] = {}
        self._wrong_keys: set[int] = set()

    def is_new(self, wrong_key: str) -> bool:
        """Whether this address has not tried the wrong key before, as far as is remembered."""
        # The key itself, which may be one letter off the right one, is not kept.
        digest = hash(wrong_key)
        if digest in self._wrong_keys:
            return False
        if len(self._wrong_keys) >= WRONG_KEYS:
            self._wrong_keys.clear()
        self._wrong_keys.add(digest)
        return True

    @property
    def is_idle(self) -> bool:
        return not self.connections and not self.waiting and self.work.is_full and self.guesses.is_full


class ClientAddresses:
    """All addresses that are connected, and those that were not long ago.

    Args:
        proxies: networks of trusted proxies, whose ``X-Forwarded-For`` is believed.
    """

    def __init__(self, proxies: Collection[Network] = ()) -> None:
        self._proxies = tuple(proxies)
        self._by_name: OrderedDict[str, ClientAddress] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_name)

    def at(self, ip: str) -> ClientAddress:
        """The entry of an IP address."""
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
        """The address that a request comes from: `address` itself, or the client that a trusted proxy names."""
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
        """The address that an ASGI request comes from."""
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
        """Forget idle addresses, those first that were seen the longest ago."""
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
