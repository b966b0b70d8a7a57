"""One fetch: a call of ``fetch.lua`` that takes messages off the lists of several queues.

The script is sent whole (``EVAL``), not by its digest: next to hundreds of messages its text weighs nothing, and a
server that restarted or failed over needs no special care.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps
from kombu.utils.scheduling import priority_cycle

FETCH = files(__package__).joinpath("fetch.lua").read_text("utf-8")

#: Messages per fetch at most. The script cannot record more in one call, and would lose the ones it took.
FETCH_MOST = 1_000
#: Bytes of messages after which a fetch ends, so that very long messages come few at a time.
FETCH_BYTES = 4_000_000

#: A command's name and its arguments.
Command = tuple[Any, ...]


class RawMessage(msgspec.Struct, gc=False):
    """A fetched message: its queue, the tag of this delivery, and the bytes as they lay in the list."""

    queue: str
    tag: str
    raw: bytes


class QueueList(NamedTuple):
    """One of a queue's lists in Redis: a queue has one for each priority."""

    queue: str
    key: str


class Fetched(NamedTuple):
    """What a fetch brought.

    Attributes:
        messages: those of a more urgent priority first, and within a list the oldest first.
        last_key: the list that the last of them came from; empty where there are none.
        wrong_types: by key the type of each list that is something else in Redis.
    """

    messages: list[RawMessage]
    last_key: str
    wrong_types: dict[str, str]


@dataclass
class Fetch:
    """A fetch that is to be sent, or that is in flight.

    Attributes:
        queues: names, the next in turn first.
        lists: of these queues, in the order in which the script reads them.
        most: messages that it may bring.
        tag_prefix: of its deliveries' tags; no other fetch has it.
        waits: a command that waits for a message was sent ahead of the script, and its reply has not been read.
    """

    queues: Sequence[str]
    lists: Sequence[QueueList]
    most: int
    tag_prefix: str
    waits: bool = False

    def command(self, channel: Any) -> Command:
        """The script's call, on the keys of a channel of kombu's."""
        prefix = channel.global_keyprefix
        keys = (channel.unacked_key, channel.unacked_index_key, *(each.key for each in self.lists))
        # Kombu's round robin is the base class of the cycles that keep an order.
        takes_turns = not isinstance(channel._queue_cycle, priority_cycle)
        return (
            "EVAL",
            FETCH,
            len(keys),
            *(prefix + key for key in keys),
            self.most,
            self.tag_prefix,
            len(self.queues),
            int(takes_turns),
            FETCH_BYTES,
            # Exchange and routing key of the record: the default exchange leads to every queue by its name.
            *(f', "", {dumps(queue)}]' for queue in self.queues),
        )

    def read(self, reply: Sequence[Any]) -> Fetched:
        """What the script's reply says."""
        messages: list[RawMessage] = []
        last_key = ""
        wrong_types: dict[str, str] = {}
        for number, found in zip(reply[::2], reply[1::2], strict=True):
            queue, key = self.lists[number - 1]
            if isinstance(found, bytes):
                wrong_types[key] = bytes_to_str(found)
                continue
            first = len(messages) + 1
            messages += [RawMessage(queue, f"{self.tag_prefix}{n:04}", raw) for n, raw in enumerate(found, first)]
            last_key = key
        return Fetched(messages, last_key, wrong_types)
