"""Who asks, by address, and what each address may cost."""

from ipaddress import ip_network

import pytest
from starlette.types import Scope

from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.limits import (
    ADDRESSES,
    WORK,
)


def scope(peer: str, forwarded: str = "") -> Scope:
    return {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())] if forwarded else []}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        # Whom nobody trusts may name whom he likes.
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        # The client itself has written the first.
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
        # Who has one address of IPv6 has them all.
        ("2001:db8::1", "", "2001:db8::/64"),
        ("2001:db8::ffff:1", "", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("", "", ""),
    ],
)
def test_clients_are_distinguished_by_address(peer: str, forwarded: str, address: str) -> None:
    sources = ClientAddresses([ip_network("10.0.0.0/8")])

    source = sources.of(scope(peer, forwarded))

    assert source.name == address
    assert sources.of(scope(peer, forwarded)) is source


def test_a_proxy_has_no_budget_and_those_behind_it_have() -> None:
    sources = ClientAddresses([ip_network("10.0.0.0/8")])

    for source in (sources.at("10.0.0.1"), sources.of(scope("10.0.0.1", "198.51.100.7"))):
        source.work.take(2 * WORK)

    assert sources.at("10.0.0.1").work.debt == 0
    assert sources.at("198.51.100.7").work.debt > 0


def test_addresses_are_forgotten() -> None:
    sources = ClientAddresses()
    sources.at("192.0.2.1").work.take(WORK)

    for n in range(ADDRESSES + ADDRESSES // 10):
        sources.at(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")

    assert len(sources) <= ADDRESSES
    # But for those that owe
    assert sources.at("192.0.2.1").work.debt == 0
    assert not sources.at("192.0.2.1").work.take(WORK)
