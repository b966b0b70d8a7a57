"""``python -m tasks autoscale``: keeps as many workers on this machine as the queue needs."""

import logging
import signal
import threading
import time
from dataclasses import replace
from types import FrameType
from typing import Annotated

import typer

from config import logging as log_lines
from config.settings import settings
from tasks.app import app
from tasks.autoscale.fleet import Fleet
from tasks.autoscale.policy import COOLDOWN, Memory, Policy, Sample
from tasks.autoscale.queue_probe import ProbeError, QueueProbe, Reading

log = logging.getLogger(__name__)

# Seconds between two samples of the queue, and between two checks of workers that stop.
_INTERVAL = 1.0
_STOP_INTERVAL = 0.1


def autoscale(
    least: Annotated[int, typer.Option("--min", help="Workers while nothing waits.", min=1)] = 1,
    most: Annotated[int, typer.Option("--max", help="Workers at most.", min=1)] = 8,
    cooldown: Annotated[
        float, typer.Option("--cooldown", "--calm", help="Seconds for which one less must have been enough.")
    ] = COOLDOWN,
) -> None:
    """Start and stop workers on this machine by the depth of the queue of bars.

    At a first signal to stop, all workers finish their batches; at a second one they are killed.
    """
    try:
        policy = Policy(least, most, cooldown=cooldown)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    log_lines.configure(settings())
    probe = QueueProbe(app, dated=settings().market_clock == "wall")
    Autoscaler(policy, probe, Fleet()).run()


class Autoscaler:
    """Resizes a fleet by the policy, until SIGTERM or SIGINT."""

    def __init__(self, policy: Policy, probe: QueueProbe, fleet: Fleet) -> None:
        self._policy = policy
        self._probe = probe
        self._fleet = fleet
        self._memory = Memory()
        self._probe_failed = False
        self._stopping = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._fleet.resize(self._policy.least)
        log.info("starts %d workers, %d at most", self._policy.least, self._policy.most)
        while not self._stopping.wait(_INTERVAL):
            self._fleet.reconcile()
            self._scale()
        self._fleet.resize(0)
        log.info("stopping: waits for %d workers", self._fleet.stopping)
        while self._fleet.stopping:
            time.sleep(_STOP_INTERVAL)
            self._fleet.reconcile()

    def _scale(self) -> None:
        reading = self._read()
        if reading is None:
            # Nobody knows whether one less would have been enough.
            self._memory = replace(self._memory, cooling_since=None)
            return
        workers = self._fleet.size
        sample = Sample(reading.waiting, reading.in_flight, reading.age, workers, time.monotonic())
        decision = self._policy.decide(sample, self._memory)
        self._memory = decision.memory
        if decision.workers != workers:
            _log_decision(reading, workers, decision.workers, decision.reason)
            self._fleet.resize(decision.workers)

    def _read(self) -> Reading | None:
        try:
            reading = self._probe.read()
        except ProbeError as error:
            if not self._probe_failed:
                log.warning("the depth of the queue is unknown, the workers stay as they are: %s", error)
            self._probe_failed = True
            return None
        if self._probe_failed:
            log.info("the depth of the queue is known again")
        self._probe_failed = False
        return reading

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopping.is_set():
            log.warning("signalled again: kills the workers")
            self._fleet.kill()
        self._stopping.set()


def _log_decision(reading: Reading, before: int, after: int, reason: str) -> None:
    oldest = "" if reading.age is None else f", the oldest {reading.age:.1f} s after its end"
    log.info(
        "%d -> %d workers: %s (%s waiting, %s in flight%s)",
        before,
        after,
        reason,
        f"{reading.waiting:,}",
        f"{reading.in_flight:,}",
        oldest,
        extra={
            "workers_before": before,
            "workers": after,
            "reason": reason,
            "waiting": reading.waiting,
            "held": reading.in_flight,
            "age": reading.age,
        },
    )
