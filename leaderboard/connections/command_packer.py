"""Writes commands in Redis's protocol."""

from typing import Any

import hiredis
from redis.connection import HiredisRespSerializer

#: Bytes from which a value is sent as it is.
LARGE = 32_768


class CommandPacker(HiredisRespSerializer):
    """Redis-py's with hiredis, which copies each value, except that large values are not copied.

    The screens of a second are some 20 MB. To allocate the copies takes five times as long as to send them.
    """

    def pack(self, *args: Any) -> list[bytes]:
        """The parts of a command, to be sent one after another.

        Args:
            args: its name, and its arguments; large ones are bytes.
        """
        large = [at for at, each in enumerate(args) if isinstance(each, bytes) and len(each) >= LARGE]
        if not large:
            packed: list[bytes] = super().pack(*args)
            return packed
        parts, small, start = [], b"*%d\r\n" % len(args), 0
        for at in large:
            parts += [small + _packed(args[start:at]) + b"$%d\r\n" % len(args[at]), args[at]]
            small, start = b"\r\n", at + 1
        return [*parts, small + _packed(args[start:])]


def _packed(arguments: tuple[Any, ...]) -> bytes:
    """Arguments one after another, without the header, which is their number."""
    packed: bytes = hiredis.pack_command(arguments)
    return packed.partition(b"\r\n")[2]
