"""Services are doubled, restarted and replaced."""

import time
from collections.abc import Iterable
from itertools import groupby

from bench.soak.watch import Publications
from tests.chaos.honest import HonestClient
from tests.chaos.verdict import Verdict
from tests.containers.pauses import Pauses
from tests.containers.stack import NEXT, Stack
from tests.support.waiting import eventually

#: Most seconds from a second to its snapshot at a client, when all is well on a busy machine.
_WAIT = 2.0
#: Seconds in a row that have to be published, while both beats send and both clock workers publish.
_IN_A_ROW = 8
#: Seconds until so many were, on a busy machine: the clock workers have only just read the market.
_STEADY = 120.0


def doubled(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Run two beats and two clock workers: second after second is published, and none twice."""
    stack.scale |= {"beat": 2, "clock": 2}
    with stack.load(rate) as stream:
        stack.up()
        publications = Publications(stack.url(0))
        publications.start()
        began = time.monotonic()
        try:
            eventually(
                lambda: _in_a_row(each.slot for each in publications.noted) >= _IN_A_ROW,
                _STEADY,
                f"{_IN_A_ROW} seconds in a row are published",
            )
            took = time.monotonic() - began
            time.sleep(seconds)
        finally:
            publications.end()
    slots = [publication.slot for publication in publications.noted]
    twice = len(slots) - len(set(slots))
    broken = [f"{twice} seconds were published twice"] if twice else []
    notes = (
        f"{_IN_A_ROW} seconds in a row were published after {took:.0f} s; {twice} of {len(slots)} snapshots twice"
    )
    return stack.verdict("up -d --scale beat=2 --scale clock=2", stream, notes, tuple(broken))


def _in_a_row(slots: Iterable[int]) -> int:
    """The most slots that follow each other without a gap."""
    # Slot and place rise alike for as long as none is missing.
    rows = groupby(enumerate(sorted(set(slots))), lambda placed: placed[1] - placed[0])
    return max((len([*row]) for _, row in rows), default=0)


def gateway(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Restart the gateway under a WebSocket client: it connects again and sees boards again."""
    with stack.load(rate) as stream, HonestClient(stack.gateway_port, stack.key) as client:

        def sees_boards() -> bool:
            return client.greatest_wait(time.time() - 2, time.time()) < _WAIT

        eventually(sees_boards, what="the client sees boards")
        began = time.time()
        stack.compose("restart", "web")
        restarted = time.time()
        eventually(sees_boards, 120, "the client sees boards again")
        time.sleep(seconds)
        wait = client.greatest_wait(began, restarted + 2)
    notes = f"the client was without a new board for {wait:.1f} s; the restart took {restarted - began:.1f} s"
    return stack.verdict("restart web, under a WebSocket client", stream, notes)


def upgrade(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Bring all services to another image under load: nothing is lost, and Redis stays."""
    stack.engine.build_image(NEXT, "--label", "org.opencontainers.image.revision=next")
    before = stack.containers("redis")
    with stack.load(rate) as stream, Pauses(stack) as pauses:
        stack.await_work(stack.totals().processed + rate)
        stack.image = NEXT
        began = time.monotonic()
        stack.up()
        took = time.monotonic() - began
        time.sleep(seconds)
    redis = stack.containers("redis")
    new = {stack.inspect(each, "{{.Image}}") for each in stack.containers() if each not in redis}
    broken = [] if redis == before else ["Redis was replaced"]
    broken += [] if new == {stack.engine.image_id(NEXT)} else ["containers of the old image are left"]
    notes = (
        f"all were healthy again after {took:.0f} s; meanwhile no bar was applied for {pauses.bars:.1f} s, "
        f"and no board published for {pauses.snapshots:.1f} s"
    )
    return stack.verdict("up -d with another image", stream, notes, tuple(broken))
