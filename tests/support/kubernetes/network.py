"""Whether network policies let a connection through, by the rules of Kubernetes' reference.

A pod that no policy selects for a direction may do everything in it; otherwise what any of these policies allows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Literal

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Peer:
    """The other end of a connection.

    Attributes:
        address: its IP address.
        namespace: the labels of its namespace; None: it is no pod.
        labels: its own.
    """

    address: str
    namespace: Labels | None = None
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Port:
    """The port that a connection is made to; its name, if a container names it."""

    number: int
    name: str = ""
    protocol: Literal["TCP", "UDP"] = "TCP"


def allows(
    policies: Iterable[Any],
    direction: Literal["Ingress", "Egress"],
    pod: Labels,
    peer: Peer,
    port: Port,
) -> bool:
    """Whether a pod may be reached by a peer at its port (Ingress), or may reach the peer's port (Egress).

    Args:
        policies: of the pod's namespace.
        pod: its labels.
    """
    specs = [policy["spec"] for policy in policies]
    own = [spec for spec in specs if direction in spec["policyTypes"] and _selects(spec["podSelector"], pod)]
    rules = [rule for spec in own for rule in spec.get(direction.lower(), [])]
    return not own or any(_matches(rule, direction, peer, port) for rule in rules)


def _matches(rule: Any, direction: str, peer: Peer, port: Port) -> bool:
    peers = rule.get("from" if direction == "Ingress" else "to", [])
    ports = rule.get("ports", [])
    return (not peers or any(_is_peer(each, peer) for each in peers)) and (
        not ports or any(_is_port(each, port) for each in ports)
    )


def _is_port(rule: Any, port: Port) -> bool:
    return rule["port"] in (port.number, port.name) and rule.get("protocol", "TCP") == port.protocol


def _is_peer(rule: Any, peer: Peer) -> bool:
    if block := rule.get("ipBlock"):
        address = ip_address(peer.address)
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(each) for each in block.get("except", [])
        )
    # A rule with only a selector of pods means those of the policy's own namespace, which no policy here does.
    return peer.namespace is not None and (
        _selects(rule["namespaceSelector"], peer.namespace) and _selects(rule.get("podSelector", {}), peer.labels)
    )


def _selects(selector: Any, labels: Labels) -> bool:
    wanted = selector.get("matchLabels", {}).items()
    return wanted <= labels.items() and all(
        each["operator"] == "In" and labels.get(each["key"]) in each["values"]
        for each in selector.get("matchExpressions", [])
    )
