"""What an attacker may reach."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A running deployment, as somebody on its network sees it.

    Attributes:
        port: of the gateway, on 127.0.0.1.
        key: what the gateway's clients authenticate with; attacks that know it are those of a client.
        broker: URL of the queues' Redis; attacks that use it are those of a producer.
        until: when the attack is to end by itself, on the monotonic clock.
    """

    port: int
    key: str
    broker: str
    until: float
