"""Tells systemd how a worker fares, as sd_notify(3) describes.

systemd names a socket in ``NOTIFY_SOCKET`` if it wants to be told. Its watchdog ends a service that was silent for
a while, even if the process lives.
"""

import os
import socket

_VARIABLE = "NOTIFY_SOCKET"


def is_listening() -> bool:
    """Whether systemd started this process and waits for notifications."""
    return bool(os.environ.get(_VARIABLE))


def ready() -> None:
    """Say that the worker consumes.

    Raises:
        OSError: nobody listens at the socket.
    """
    _notify("READY=1")


def alive() -> None:
    """Say that the worker works. Raises as :func:`ready`."""
    _notify("WATCHDOG=1")


def _notify(state: str) -> None:
    address = os.environ[_VARIABLE]
    if address.startswith("@"):
        # Linux's abstract names begin with a null byte.
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(state.encode(), address)
