"""All drills in containers, one after the other on one stack."""

import time
from collections.abc import Callable, Iterator, Mapping

from tests.chaos.verdict import Verdict
from tests.containers.drills.changes import doubled, gateway, upgrade
from tests.containers.drills.confinement import confined
from tests.containers.drills.kills import redis, worker
from tests.containers.drills.market import demo
from tests.containers.drills.start import healthy, scale
from tests.containers.engine import Engine
from tests.containers.stack import IMAGE, Stack

#: In the order in which they run: each goes on with what the ones before it left running.
DRILLS: Mapping[str, Callable[..., Verdict]] = {
    "healthy": healthy,
    "confined": confined,
    "scale": scale,
    "worker": worker,
    "redis": redis,
    "gateway": gateway,
    "upgrade": upgrade,
    "doubled": doubled,
    "demo": demo,
}


def build(engine: Engine) -> str:
    """Build the image. Returns how long it took and how large it is.

    Raises:
        EngineError: it cannot be built.
    """
    began = time.monotonic()
    engine.build_image(IMAGE)
    return f"image: {engine.image_size(IMAGE) / 1e6:,.0f} MB, built in {time.monotonic() - began:.0f} s"


def run_all(engine: Engine, *, rate: float, seconds: float) -> Iterator[tuple[str, Verdict | Exception]]:
    """Run each drill on the image that was built: its name, and its verdict or what ended it early.

    Args:
        engine: runs the containers.
        rate: bars a second that stream meanwhile.
        seconds: for which each goes on after what was done, or for which a service is away.
    """
    with Stack(engine) as stack:
        for name, drill in DRILLS.items():
            try:
                yield name, drill(stack, rate=rate, seconds=seconds)
            except Exception as error:
                yield name, error
