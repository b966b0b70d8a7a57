"""Probes the cluster at intervals: what it has done, and whether its parts are at work."""

import asyncio
import logging
import math
import time
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.log_throttle import LogThrottle
from leaderboard.shards import Shards
from leaderboard.store.cluster_sample import ClusterSample, add_questions, merged, read_answers
from watch.gateway.cluster.queue_depth import BrokerError, QueueDepth, read_depth
from watch.gateway.cluster.server_load import ServerLoad
from watch.gateway.cluster.worker_count import WorkerCount, WorkerProbe
from watch.gateway.supervisor import Supervisor

log = logging.getLogger(__name__)

# Seconds between two probes, and between two questions to all workers.
_INTERVAL = 1.0
_WORKER_INTERVAL = 10.0


class Monitor:
    """The last known state of the cluster.

    Args:
        shards: the servers of the boards.
        broker_url: of the queues.
        options: the transport options that go with it.
        supervisor: runs the probes.

    Attributes:
        sample: of the boards' servers; None while the first one cannot be reached.
        loads: what each of these servers used when it was last reached.
        depth: of the queues; None while the broker cannot be reached.
        workers: the workers that answered last; None: unknown.
        lag: seconds from the end of bars until they were applied, the mean of those since the probe before; None:
            none was measured.
    """

    def __init__(
        self, shards: Shards[Redis], broker_url: str, options: Mapping[str, Any], supervisor: Supervisor
    ) -> None:
        self._shards = shards
        self._supervisor = supervisor
        self._read_depth = partial(read_depth, broker_url, options)
        self._worker_probe = WorkerProbe(broker_url, options)
        self._progress_at = time.monotonic()
        # A problem is logged once, until it is over.
        self._throttles: defaultdict[str, LogThrottle] = defaultdict(partial(LogThrottle, math.inf))
        # Of each server but the first, what it told when it answered last; None: it never did.
        self._others: list[ClusterSample | None] = [None] * (len(shards) - 1)
        self.sample: ClusterSample | None = None
        self.loads = [ServerLoad() for _ in shards]
        self.depth: QueueDepth | None = None
        self.workers: WorkerCount | None = None
        self.lag: float | None = None

    @property
    def idle(self) -> float:
        """Seconds for which bars have waited while none was processed; about 0 if none waits."""
        return time.monotonic() - self._progress_at

    async def run(self) -> None:
        """Probe until cancelled."""
        await asyncio.gather(
            self._supervisor.every(_INTERVAL, "the monitor", self._probe),
            self._supervisor.every(_WORKER_INTERVAL, "the monitor", self._probe_workers),
        )

    async def _probe(self) -> None:
        before = self.sample
        self.sample, self.depth = await asyncio.gather(
            self._supervisor.result("the probe of Redis", self._probe_servers),
            self._supervisor.result("the probe of the queues", self._probe_queues),
        )
        self.lag = _mean_lag(before, self.sample)
        waiting = self.depth is not None and self.depth.waiting > 0
        if not (waiting and _stands_still(before, self.sample)):
            self._progress_at = time.monotonic()

    async def _probe_servers(self) -> ClusterSample | None:
        first, *others = await asyncio.gather(*map(self._probe_redis, range(len(self._shards))))
        self._others = [other or known for other, known in zip(others, self._others, strict=True)]
        return merged(first, others, self._others) if first and others else first

    async def _probe_redis(self, server: int) -> ClusterSample | None:
        name = f"the boards' Redis {server + 1}" if server else "the boards' Redis"
        try:
            sample, self.loads[server] = await _read_sample(self._shards[server])
        except RedisError as error:
            self._log(name, error)
            return None
        self._log(name, "; ".join([*sample.invalid, *sample.wrong_keys]))
        self._log(f"{name}, asked what it uses,", self.loads[server].refusal)
        return sample

    async def _probe_queues(self) -> QueueDepth | None:
        try:
            depth = await asyncio.to_thread(self._read_depth)
        except BrokerError as error:
            self._log("the broker", error)
            return None
        self._log("the broker", "; ".join(depth.wrong_queues))
        self._log("the broker, asked what it uses,", depth.load.refusal)
        return depth

    async def _probe_workers(self) -> None:
        self.workers = await self._supervisor.result("the probe of workers", self._count_workers)

    async def _count_workers(self) -> WorkerCount | None:
        try:
            count = await asyncio.to_thread(self._worker_probe.count)
        except BrokerError:
            # The probe of the queues logs it.
            return None
        self._log("a worker", "; ".join(count.invalid))
        return count

    def _log(self, who: str, problem: Exception | str) -> None:
        """Log a problem once until it is over.

        Args:
            who: has it.
            problem: empty: none.
        """
        throttle = self._throttles[who]
        if not problem:
            throttle.over()
        elif throttle.allows(who):
            log.warning("%s does not answer, refuses, or holds junk: %s", who, problem)


async def _read_sample(redis: Redis) -> tuple[ClusterSample, ServerLoad]:
    # No transaction: a server whose memory is full would refuse it.
    async with redis.pipeline(transaction=False) as pipe:
        add_questions(pipe)
        of_sample = len(pipe)
        ServerLoad.add_questions(pipe)
        replies = await pipe.execute(raise_on_error=False)
    return read_answers(replies[:of_sample]), ServerLoad.parse(replies[of_sample:])


def _stands_still(before: ClusterSample | None, present: ClusterSample | None) -> bool:
    """Whether no events were processed between the two, as far as is known."""
    return before is not None and present is not None and before.processed == present.processed is not None


def _mean_lag(before: ClusterSample | None, present: ClusterSample | None) -> float | None:
    """Seconds, of the bars that were applied between the two; None: none was measured, as far as is known."""
    if before is None or present is None or before.totals is None or present.totals is None:
        return None
    count = present.totals.lags - before.totals.lags
    return (present.totals.lag - before.totals.lag) / count if count > 0 else None
