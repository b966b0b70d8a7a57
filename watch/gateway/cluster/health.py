"""Whether the parts of the system are at work, for monitoring and for restarts."""

from collections.abc import Collection
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from leaderboard.store.cluster_sample import ClusterSample
from leaderboard.store.snapshots import longest_absence
from watch.gateway.cluster.monitor import Monitor
from watch.gateway.fanout.redis_subscribers import RedisSubscribers
from watch.gateway.responses import json_response
from watch.gateway.supervisor import Supervisor

#: Seconds for which bars may wait while none is processed: longer than workers take to reconnect to a broker.
IDLE = 10.0

# Anybody may ask for health, so the invalid answers themselves are only logged.
_INVALID_ANSWERS = "answers came that are no worker's: the log shows them"


class Part(Struct):
    """Whether a part of the system is at work. Where a number is null it is unknown."""

    ok: bool
    why: Annotated[str, Meta(description="What is wrong, where that is known")] | UnsetType = UNSET
    count: Annotated[int | None, Meta(description="Of workers; of bars that wait")] | UnsetType = UNSET
    lag: (
        Annotated[
            float | None,
            Meta(description="Seconds from a bar's end until it is applied; null also where time is the bars'"),
        ]
        | UnsetType
    ) = UNSET
    age: float | UnsetType | None = UNSET


class HealthAnswer(Struct):
    """What ``/healthz`` answers."""

    healthy: bool
    parts: dict[str, Part]


class Health:
    """Says of each part whether it is at work.

    * ``redis``, ``broker``: they answer; of Redis also that the keys that are read hold what they should.
    * ``keys``: those that all bars need are of their types. Bars wait as long as one is not.
    * ``subscription``: publications reach the gateway.
    * ``clock``: beat and a worker of the queue ``clock`` run. They note each attempt to publish, one a second,
      whether there is anything new or not.
    * ``snapshot``: changes of the boards are published.
    * ``workers``: at least one answers that it processes bars.
    * ``gateway``: none of its background work has failed unexpectedly in the last seconds.
    * ``queue``: no bars wait, or some were processed within :data:`IDLE` seconds.

    Args:
        monitor: knows the cluster.
        subscriber: the subscriptions.
        supervisor: runs the gateway's background work.
        interval: seconds between snapshots.
        clock: ``wall`` or ``events``: whose time the boards follow. Where that is the events', nobody knows how
            late a bar is.
    """

    def __init__(
        self,
        monitor: Monitor,
        subscriber: RedisSubscribers,
        supervisor: Supervisor,
        interval: float,
        clock: Literal["wall", "events"],
    ) -> None:
        self._monitor = monitor
        self._supervisor = supervisor
        self._subscriber = subscriber
        self._absence = longest_absence(interval)
        self._clock_is_wall = clock == "wall"

    async def endpoint(self, request: Request) -> Response:
        parts = self.parts()
        healthy = all(part.ok for part in parts.values())
        return json_response(HealthAnswer(healthy, parts), 200 if healthy else 503)

    def parts(self) -> dict[str, Part]:
        """The parts by name. Ages are in seconds."""
        sample, depth = self._monitor.sample, self._monitor.depth
        failing = self._supervisor.failing
        return {
            "redis": self._redis(sample),
            "keys": _part(sample is not None and not sample.wrong_keys, sample.wrong_keys if sample else ()),
            "broker": Part(depth is not None),
            "subscription": Part(self._subscriber.up),
            "workers": self._workers(),
            "queue": Part(depth is not None and self._monitor.idle < IDLE, count=depth.waiting if depth else None),
            "clock": self._clock(),
            "snapshot": self._snapshot(),
            "gateway": _part(not failing, [f"{work}: {why}" for work, why in failing.items()]),
        }

    @staticmethod
    def _redis(sample: ClusterSample | None) -> Part:
        if sample is None:
            return Part(False)
        reasons = [*sample.invalid, *(f"server {n} of the boards does not answer" for n in sample.away)]
        return _part(not reasons, reasons)

    def _workers(self) -> Part:
        count = self._monitor.workers
        part = _part(bool(count and count.workers), [_INVALID_ANSWERS] if count and count.invalid else ())
        part.count = count.workers if count else None
        part.lag = self._monitor.lag if self._clock_is_wall else None
        return part

    def _clock(self) -> Part:
        sample = self._monitor.sample
        if sample is None:
            return Part(False, age=None)
        return Part(sample.attempted is not None and sample.attempted <= self._absence, age=sample.attempted)

    def _snapshot(self) -> Part:
        sample = self._monitor.sample
        if sample is None:
            return Part(False, age=None)
        late = sample.published is None or sample.published > self._absence
        return Part(not (sample.unpublished and late), age=sample.published)


def _part(ok: bool, reasons: Collection[str]) -> Part:
    return Part(ok, "; ".join(reasons) if reasons else UNSET)
