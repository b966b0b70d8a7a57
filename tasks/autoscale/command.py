"""``python -m tasks autoscale``: keeps as many workers on this machine as the queue asks for."""

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
from tasks.autoscale.gauge import Gauge, GaugeError, Reading
from tasks.autoscale.policy import CALM, Memory, Policy, Sample

log = logging.getLogger(__name__)

# Seconds between two looks at the queue, and between two looks at workers that stop.
_INTERVAL = 1.0
_GLANCE = 0.1


def autoscale(
    least: Annotated[int, typer.Option("--min", help="Workers while nothing waits.", min=1)] = 1,
    most: Annotated[int, typer.Option("--max", help="Workers at most.", min=1)] = 8,
    calm: Annotated[float, typer.Option(help="Seconds for which one less must have been enough.")] = CALM,
) -> None:
    """Start and stop workers on this machine by the depth of the queue of bars.

    Told to stop, it has all of them finish what they are at; told again, it ends them at once.
    """
    try:
        policy = Policy(least, most, calm=calm)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    log_lines.configure(settings())
    gauge = Gauge(app, dated=settings().market_clock == "wall")
    Autoscaler(policy, gauge, Fleet()).run()


class Autoscaler:
    """Carries the policy out with a fleet, until told to stop by SIGTERM or SIGINT."""

    def __init__(self, policy: Policy, gauge: Gauge, fleet: Fleet) -> None:
        self._policy = policy
        self._gauge = gauge
        self._fleet = fleet
        self._memory = Memory()
        self._blind = False
        self._told = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._fleet.resize(self._policy.least)
        log.info("starts with %d workers, %d at most", self._policy.least, self._policy.most)
        while not self._told.wait(_INTERVAL):
            self._fleet.tend()
            self._look()
        self._fleet.resize(0)
        log.info("told to stop: waits for %d workers", self._fleet.stopping)
        while self._fleet.stopping:
            time.sleep(_GLANCE)
            self._fleet.tend()

    def _look(self) -> None:
        reading = self._read()
        if reading is None:
            # A calm that nobody saw is none.
            self._memory = replace(self._memory, calm_since=None)
            return
        workers = self._fleet.wanted
        sample = Sample(reading.waiting, reading.held, reading.age, workers, time.monotonic())
        decision = self._policy.decide(sample, self._memory)
        self._memory = decision.memory
        if decision.workers != workers:
            _log_decision(reading, workers, decision.workers, decision.reason)
            self._fleet.resize(decision.workers)

    def _read(self) -> Reading | None:
        try:
            reading = self._gauge.read()
        except GaugeError as error:
            if not self._blind:
                log.warning("the depth of the queue is unknown, the workers stay as they are: %s", error)
            self._blind = True
            return None
        if self._blind:
            log.info("the depth of the queue is known again")
        self._blind = False
        return reading

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._told.is_set():
            log.warning("told to stop again: ends the workers at once")
            self._fleet.kill()
        self._told.set()


def _log_decision(reading: Reading, before: int, after: int, reason: str) -> None:
    oldest = "" if reading.age is None else f", the oldest {reading.age:.1f} s after its end"
    log.info(
        "%d -> %d workers: %s (%s waiting, %s held%s)",
        before,
        after,
        reason,
        f"{reading.waiting:,}",
        f"{reading.held:,}",
        oldest,
        extra={
            "workers_before": before,
            "workers": after,
            "reason": reason,
            "waiting": reading.waiting,
            "held": reading.held,
            "age": reading.age,
        },
    )
