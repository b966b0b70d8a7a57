"""The live feed under rising load, from a service in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import msgspec
import psutil

from tests.chaos.data_service import SYMBOLS, Offered
from tests.chaos.harness import Harness, running_harness
from tests.support.collector import Collector
from tests.support.waiting import eventually

#: Milliseconds between two exports of the feed's metrics.
REPORT = 250


@dataclass(frozen=True)
class Load:
    """The feed's figures at a load.

    Attributes:
        rate: bars a second, each second's at its end.
        offered: bars in all.
        sent: bars that the feed says it sent.
        queued: bars in the queue; None where a worker took them.
        lags: seconds from the end of a bar until it is sent, four times a second.
        pending: bars received and not sent, likewise.
        late: most seconds from the end of a second until its last frame is written to the socket.
        cpu: of the feed's process, seconds per second.
    """

    rate: int
    offered: int
    sent: int
    queued: int | None
    lags: list[float]
    pending: list[float]
    late: float
    cpu: float

    @property
    def is_sound(self) -> bool:
        """Whether no bar is missing."""
        return self.offered == self.sent and self.queued in (None, self.offered)

    @property
    def keeps_up(self) -> bool:
        """Whether the bars of each second were sent before those of the next one came."""
        return max(self.lags) < 1

    def __str__(self) -> str:
        verdict = ("keeps up" if self.keeps_up else "FALLS BEHIND") + ("" if self.is_sound else ", BARS MISSING")
        return ", ".join(
            (
                f"{self.rate:>6,} bars/s: {self.sent:>9,} of {self.offered:,} sent",
                f"lag {median(self.lags):5.2f} s p50 {max(self.lags):5.2f} s max",
                f"up to {max(self.pending):>7,.0f} buffered",
                f"last frame written after {self.late:4.2f} s",
                f"{self.cpu:3.0%} CPU",
                verdict,
            )
        )


def feed(*, rates: Iterable[int], seconds: int, frame: int, workers: int) -> Iterator[Load]:
    """Offer each rate for so long to a feed that sends to a real broker.

    Args:
        rates: bars a second.
        seconds: for which each is offered.
        frame: bars in a frame.
        workers: how many take bars out of the queue meanwhile. There is no bound to the queue.
    """
    for rate in rates:
        with running_harness(fast=True, symbols=max(SYMBOLS, rate)) as harness:
            for n in range(workers):
                harness.processes.worker(f"worker{n}")
            yield _offer(harness, rate, seconds, frame, bool(workers))


def _offer(harness: Harness, rate: int, seconds: int, frame: int, worked: bool) -> Load:
    collector = Collector()
    with _service(rate, seconds, frame) as service:
        assert service.stdout
        port = int(service.stdout.readline())
        harness.processes.start(
            "feed",
            "feeds",
            "massive",
            MASSIVE_API_KEY="any",
            MASSIVE_SOCKET_URL=f"ws://127.0.0.1:{port}",
            QUEUE_BOUND="100000000",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_METRIC_EXPORT_INTERVAL=str(REPORT),
        )
        harness.processes.await_log("feed", "connected to")
        process = psutil.Process(harness.processes.pid("feed"))
        began = sum(process.cpu_times()[:2])
        offered = msgspec.json.decode(service.stdout.readline(), type=Offered)
        cpu = (sum(process.cpu_times()[:2]) - began) / seconds
        eventually(lambda: collector.sums.get("lba.feed.sent") == offered.bars, seconds=120, what="all bars sent")
    queued = None if worked else harness.queued()
    gauges = collector.gauges
    collector.server.shutdown()
    sent = int(collector.sums["lba.feed.sent"])
    return Load(
        rate, offered.bars, sent, queued, gauges["lba.feed.lag"], gauges["lba.feed.pending"], offered.late, cpu
    )


@contextmanager
def _service(*load: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.chaos.data_service", *map(str, load)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ) as it:
        try:
            yield it
        finally:
            it.kill()
