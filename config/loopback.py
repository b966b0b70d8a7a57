"""Whom an address is reached by."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own, reached by nobody else."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"
