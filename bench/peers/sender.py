"""A process that sends a library's tasks, order by order: one line of JSON comes in for each and one goes out."""

import importlib
import sys
import time
from itertools import islice
from typing import Any

import msgspec

from bench.bars import bars

#: It writes this once it can send.
READY = b"ready\n"


class Order(msgspec.Struct):
    """What to send.

    Attributes:
        way: of sending.
        task: its name.
        first: number of the first call.
        count: of calls.
    """

    way: str
    task: str
    first: int
    count: int


class Sent(msgspec.Struct):
    """How it was sent.

    Attributes:
        seconds: from the first call to the end of the last one.
        cpu: seconds of this process's CPU in that time.
    """

    seconds: float
    cpu: float


def _arguments(order: Order) -> list[Any]:
    if order.task == "mark":
        return list(range(order.first, order.first + order.count))
    return list(islice(bars(order.first), order.count))


def main() -> None:
    senders = importlib.import_module(sys.argv[1]).SENDERS
    output = sys.stdout.buffer
    output.write(READY)
    output.flush()
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        # Made beforehand: only sending is measured.
        arguments = _arguments(order)
        began, used = time.monotonic(), time.process_time()
        senders[order.way](order.task, arguments)
        output.write(msgspec.json.encode(Sent(time.monotonic() - began, time.process_time() - used)) + b"\n")
        output.flush()


if __name__ == "__main__":
    main()
