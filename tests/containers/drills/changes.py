"""Services are doubled, restarted and replaced."""

import time

from bench.soak.watch import Publications
from tests.chaos.honest import HonestClient
from tests.chaos.verdict import Verdict
from tests.containers.pauses import Pauses
from tests.containers.stack import NEXT, Stack
from tests.support.waiting import eventually

#: Most seconds from a second to its snapshot at a client, when all is well on a busy machine.
_WAIT = 2.0
#: Share of the seconds that may go unpublished on a busy machine.
_SPARED = 0.2


def doubled(stack: Stack, *, rate: float, seconds: float) -> Verdict:
    """Run two beats and two clock workers: each second is published once."""
    stack.scale |= {"beat": 2, "clock": 2}
    with stack.load(rate) as stream:
        stack.up()
        publications = Publications(stack.url(0))
        publications.start()
        began = time.time()
        # As long as it takes to see some of both beats.
        time.sleep(10 + seconds)
        publications.end()
        whole = range(int(began) + 2, int(time.time()) - 1)
    slots = [publication.slot for publication in publications.noted]
    twice, missed = len(slots) - len(set(slots)), len(set(whole) - set(slots))
    broken = [f"{twice} seconds were published twice"] if twice else []
    broken += [f"{missed} of {len(whole)} seconds were not published"] if missed > _SPARED * len(whole) else []
    notes = f"{len(slots)} snapshots, {twice} of them twice; {missed} of {len(whole)} seconds without one"
    return stack.verdict("up -d --scale beat=2 --scale clock=2", stream, notes, tuple(broken))


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
