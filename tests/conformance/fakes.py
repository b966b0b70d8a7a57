"""What the fake connection of kombu's unit tests lacks."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any


def complete(tests: ModuleType) -> None:
    """Let the fake connection of a test module, if it has one, take commands that are written in one go.

    It knows only how one command at a time is sent. What these tests are about does not depend on that.
    """
    if hasattr(tests, "Client"):
        connection = tests.Client._sconnection
        connection.pack_commands = _pack_commands
        connection.send_packed_command = _send_packed_command


def _pack_commands(_connection: Any, commands: Sequence[Any]) -> Sequence[Any]:
    return commands


def _send_packed_command(connection: Any, commands: Sequence[Any]) -> None:
    connection._sock.data.append(commands)
