"""Whether the parts of the system are at work, for who restarts them and who is woken."""

from collections.abc import Collection
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from watch.gateway.cluster.monitor import Monitor
from watch.gateway.fanout.subscriber import RedisSubscriber
from watch.gateway.supervisor import Supervisor

#: Seconds for which bars may wait while none is processed: longer than workers take to meet a broker again.
IDLE = 10.0
#: Publishing intervals that beat and the clock's worker may stay away, and how many seconds at least.
INTERVALS = 5
ABSENCE = 5.0

# Anybody may ask for health: what was answered is for the log alone.
_UNSOUND = "answers came that are no worker's: the log shows them"

_encode = msgspec.json.Encoder().encode


class Health:
    """Tells of every part whether it is well.

    * ``redis``, ``broker``: they answer; of Redis also that the keys looked at hold what they should.
    * ``keys``: those that everything stands on are of their types. Bars wait for one that is not.
    * ``subscription``: publications reach the gateway.
    * ``clock``: beat and a worker of the queue ``clock`` run: together they come to publish each second, whether
      there is anything new or not, and leave a note of it.
    * ``snapshot``: what changed on the boards is published.
    * ``workers``: one at least answers that it takes bars.
    * ``gateway``: none of its own work has failed unexpectedly of late.
    * ``queue``: no bars wait, or some were processed within :data:`IDLE` seconds.

    Args:
        monitor: what it goes by.
        subscriber: the subscription.
        supervisor: of the gateway's background work.
        interval: seconds between snapshots.
    """

    def __init__(
        self, monitor: Monitor, subscriber: RedisSubscriber, supervisor: Supervisor, interval: float
    ) -> None:
        self._monitor = monitor
        self._supervisor = supervisor
        self._subscriber = subscriber
        self._absence = max(ABSENCE, INTERVALS * interval)

    def parts(self) -> dict[str, dict[str, Any]]:
        """For each part ``ok``, and what says more: why not, how old it is, in seconds, or how many there are."""
        sample, depth, roll = self._monitor.sample, self._monitor.depth, self._monitor.workers
        failing = self._supervisor.failing
        parts: dict[str, dict[str, Any]] = {
            "redis": _because(sample is not None and not sample.junk, sample.junk if sample else ()),
            "keys": _because(sample is not None and not sample.wrong_keys, sample.wrong_keys if sample else ()),
            "broker": {"ok": depth is not None},
            "subscription": {"ok": self._subscriber.up},
            "workers": _because(bool(roll and roll.workers), [_UNSOUND] if roll and roll.unsound else ())
            | {"count": roll and roll.workers},
            "queue": {"ok": depth is not None and self._monitor.idle < IDLE},
        }
        if sample:
            late = sample.published is None or sample.published > self._absence
            parts["clock"] = {"ok": sample.attempted is not None and sample.attempted <= self._absence}
            parts["clock"]["age"] = sample.attempted
            parts["snapshot"] = {"ok": not (sample.unpublished and late), "age": sample.published}
        else:
            parts["clock"] = parts["snapshot"] = {"ok": False, "age": None}
        parts["gateway"] = _because(not failing, [f"{part}: {why}" for part, why in failing.items()])
        return parts

    async def endpoint(self, request: Request) -> Response:
        parts = self.parts()
        healthy = all(part["ok"] for part in parts.values())
        body = _encode({"healthy": healthy, "parts": parts})
        return Response(body, 200 if healthy else 503, media_type="application/json")


def _because(ok: bool, reasons: Collection[str]) -> dict[str, Any]:
    return {"ok": ok} | ({"why": "; ".join(reasons)} if reasons else {})
