"""Containers die."""

import time
from functools import partial

from tests.chaos.verdict import Verdict
from tests.containers.stack import Stack
from tests.support.waiting import eventually

#: Seconds for an engine to start a container again, and for bars to flow again, on a busy machine.
_RESTARTS, _FLOWS = 60.0, 120.0
#: Seconds for Redis to read its file there.
_READS = 180.0
#: Seconds: two, for which Redis may confirm what it has not written while its disk syncs, and those to kill it.
UNWRITTEN = 4


def worker(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Kill one worker's container, and the process of another, which the engine starts again by itself."""
    killed, crashed = stack.containers("worker")[:2]
    with stack.load(rate) as stream:
        stack.await_work(stack.totals().processed + rate)
        started = stack.inspect(crashed, "{{.State.StartedAt}}")
        stack.kill(killed)
        stack.crash(crashed)
        began = time.monotonic()
        eventually(
            lambda: stack.inspect(crashed, "{{.State.StartedAt}}") != started,
            _RESTARTS,
            "the engine starts it again",
        )
        eventually(partial(stack.is_healthy, crashed), _FLOWS, "it is healthy")
        took = time.monotonic() - began
        time.sleep(seconds)
        stack.up()
    notes = f"the crashed one was healthy again {took:.0f} s later, by itself; the killed one after up -d"
    return stack.verdict("1 worker's container and 1 worker's process SIGKILLed", stream, notes)


def redis(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Kill Redis twice, and start it each time some seconds later on what its volume holds.

    While its disk is slow to sync, Redis with `appendfsync everysec` confirms bars that it has not written, and
    these are gone. So the bars of the last seconds before each kill are sent again, as after any crash of Redis.
    """
    # Imported here: the app reads its settings from the environment when it is imported.
    from tests.chaos.producer import Producer

    (container,), flows, sent = stack.containers("redis"), [], []
    with stack.load(rate) as stream:
        for _ in range(2):
            stack.await_work(stack.totals().processed + rate)
            stack.kill(container)
            sent.append(stack.sent + stream.producer.sent)
            time.sleep(seconds)
            stack.engine.run("start", container)
            eventually(stack.answers, _READS, "Redis answers")
            flows.append(stack.await_progress(_FLOWS))
        stack.up()
    stack.drain(_FLOWS)
    gone = stack.reconcile(stack.bars()).missing
    for number in sent:
        Producer().send(stack.bars(max(0, number - round(rate * UNWRITTEN)), number))
    notes = (
        f"bars flowed again at most {max(flows):.1f} s after it was back; {stream.producer.refusals} sendings "
        f"failed; {gone} opens and rows were gone until the last {UNWRITTEN} s before each kill were sent again"
    )
    return stack.verdict(f"2 SIGKILLs of Redis, away for {seconds:.0f} s each", stream, notes)
