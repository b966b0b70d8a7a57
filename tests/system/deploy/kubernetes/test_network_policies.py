"""Network policies let through the connections that the system needs, and no other.

Which it needs follows from elsewhere: from the URLs and keys in each part's Secret, the settings' addresses, the
containers' ports, and what Prometheus scrapes.
"""

from urllib.parse import urlsplit

import pytest

from config.settings import Settings
from tests.support.kubernetes.manifests import container, of_kind, pod_labels
from tests.support.kubernetes.network import Peer, Port, allows
from tests.support.kubernetes.secrets import secrets

POLICIES = list(of_kind("NetworkPolicy").values())
DEPLOYMENTS = of_kind("Deployment")
NAME = "kubernetes.io/metadata.name"

# Peers. Those of Massive's services are in the net that is reserved for examples of public addresses.
REDIS_OUTSIDE = Peer("198.51.100.7")
REDIS_INSIDE = Peer("10.1.0.7", {NAME: "redis"}, {"app": "redis"})
DNS = Peer("10.96.0.10", {NAME: "kube-system"}, {"k8s-app": "kube-dns"})
DNS_OF_MACHINE = Peer("169.254.20.10")
MASSIVE = Peer("203.0.113.80")
API_SERVER = Peer("10.96.0.1")
CLOUD_METADATA = Peer("169.254.169.254")
STRANGER = Peer("10.1.0.99", {NAME: "default"}, {"app": "shell"})
CLIENT = Peer("192.0.2.50")
PROMETHEUS = Peer("10.1.0.20", {NAME: "monitoring"}, {"app.kubernetes.io/name": "prometheus"})
ALIKE = Peer("10.1.0.21", {NAME: "default"}, {"app.kubernetes.io/name": "prometheus"})


def ours(name: str) -> Peer:
    return Peer("10.1.0.3", {NAME: "leaderboards"}, pod_labels(name))


def ports(name: str) -> list[Port]:
    return [Port(each["containerPort"], each["name"]) for each in container(name).get("ports", [])]


def port_of(url: str) -> Port:
    parts = urlsplit(url)
    return Port(parts.port or {"https": 443, "wss": 443}[parts.scheme])


def service(name: str) -> Port:
    return port_of(str(Settings.model_fields[name].default))


SENTINEL = Port(26379)
DNS_PORTS = [Port(53), Port(53, protocol="UDP")]
#: Of servers that take mail.
MAIL = [Port(465), Port(587)]
#: Everybody whom a part could want to reach, at which ports.
DESTINATIONS = [
    *((peer, port) for peer in (REDIS_OUTSIDE, REDIS_INSIDE) for port in (service("redis_url"), SENTINEL)),
    *((peer, port) for peer in (DNS, DNS_OF_MACHINE) for port in DNS_PORTS),
    (MASSIVE, service("massive_socket_url")),
    (MASSIVE, Port(80)),
    *((MASSIVE, port) for port in MAIL),
    (API_SERVER, Port(443)),
    (CLOUD_METADATA, Port(80)),
    (CLOUD_METADATA, Port(443)),
    (STRANGER, Port(443)),
    *((ours(name), port) for name in DEPLOYMENTS for port in ports(name)),
]


def needed(name: str) -> set[tuple[str, Port]]:
    """Whom a part has to reach, by address: those that its Secret has URLs and keys of, and DNS."""
    secret = secrets()[name]
    servers = {port_of(url) for variable, url in secret.items() if variable.endswith("_URL")} | {SENTINEL}
    reached = {(peer.address, port) for peer in (REDIS_OUTSIDE, REDIS_INSIDE) for port in servers}
    reached |= {(peer.address, port) for peer in (DNS, DNS_OF_MACHINE) for port in DNS_PORTS}
    if "MASSIVE_API_KEY" in secret:
        reached |= {(MASSIVE.address, service(each)) for each in ("massive_socket_url", "massive_rest_url")}
    if "ALERT_URLS" in secret:
        # Services may be anywhere in public, as Massive's are.
        reached |= {(MASSIVE.address, port) for port in (Port(443), *MAIL)}
    return reached


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_part_reaches_whom_it_needs_and_nobody_else(name: str) -> None:
    reached = {
        (peer.address, port)
        for peer, port in DESTINATIONS
        if allows(POLICIES, "Egress", pod_labels(name), peer, port)
    }

    assert reached == needed(name)


def read_by_prometheus(name: str) -> set[str]:
    """The names of a part's ports that Prometheus scrapes."""
    monitors = [each["spec"] for each in of_kind("PodMonitor").values()]
    return {
        endpoint["port"]
        for monitor in monitors
        if monitor["selector"]["matchLabels"].items() <= pod_labels(name).items()
        for endpoint in monitor["podMetricsEndpoints"]
    }


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_part_is_reached_by_whom_it_serves_and_nobody_else(name: str) -> None:
    """Given a part, then everybody reaches the gateway, Prometheus what it reads, and nobody anything else."""
    peers = [CLIENT, STRANGER, PROMETHEUS, ALIKE, ours("web"), ours("worker")]
    for port in [*ports(name), Port(22)]:
        reached_by = [peer for peer in peers if allows(POLICIES, "Ingress", pod_labels(name), peer, port)]

        if (name, port.name) == ("web", "http"):
            assert reached_by == peers
        else:
            assert reached_by == ([PROMETHEUS] if port.name in read_by_prometheus(name) else [])


def test_prometheus_reads_every_port() -> None:
    """Given the ports of all parts, each of which serves metrics, then Prometheus reads each."""
    assert {name: read_by_prometheus(name) for name in DEPLOYMENTS} == {
        name: {port.name for port in ports(name)} for name in DEPLOYMENTS
    }


def test_other_pods_of_the_namespace_are_left_alone() -> None:
    """Given a Redis beside the parts, then no policy is its."""
    redis = {"app": "redis"}

    assert allows(POLICIES, "Ingress", redis, ours("worker"), Port(6379))
    assert allows(POLICIES, "Egress", redis, STRANGER, Port(443))
