"""Exports spans and metrics, if the standard ``OTEL_`` variables of OpenTelemetry say so.

``OTEL_EXPORTER_OTLP_ENDPOINT`` (or its variants for ``TRACES`` and ``METRICS``) turns OTLP on.
``OTEL_SDK_DISABLED``, ``OTEL_TRACES_EXPORTER=none`` and ``OTEL_METRICS_EXPORTER=none`` turn it off.
``OTEL_METRICS_EXPORTER=prometheus`` has feeds serve Prometheus. Without an exporter, recording does nothing.

Start exporters after any fork: their threads do not survive one.
"""

import atexit
import logging
import os
import socket
import threading
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

#: Seconds for which a process that stops waits for a collector to take its last spans and metrics.
STOP_SECONDS = 1.5

#: What a process is for. Its service is called ``leaderboard-ROLE``.
Role = Literal["worker", "clock", "beat", "gateway", "feed", "recorder", "notifier"]

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_EXPORTERS = {"TRACES": ("otlp", "none"), "METRICS": ("otlp", "prometheus", "none")}

log = logging.getLogger(__name__)


class WrongVariableError(ValueError):
    """A variable of OpenTelemetry has a wrong value; the text is a sentence that names it."""


def check() -> None:
    """Check the variables that turn exporters on.

    Raises:
        WrongVariableError: one has a wrong value.
    """
    for signal, known in _EXPORTERS.items():
        for name in _exporters(signal) - {*known}:
            raise WrongVariableError(f"OTEL_{signal}_EXPORTER names {name!r}: there are {', '.join(known)}.")


def start_traces(role: Role) -> bool:
    """Start this process's exporter of spans, if the environment turns it on.

    Returns:
        Whether spans are exported.

    Raises:
        WrongVariableError: as of :func:`check`.
    """
    check()
    if not _is_on("TRACES"):
        return False
    # Imported here: these load slowly, and most processes do not need them.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    provider = TracerProvider(resource=_resource(role), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    _shutdowns.append(_Shutdown(provider))
    return True


def start_metrics(role: Role, *, prometheus: bool = False) -> None:
    """Start this process's exporters of metrics, if the environment turns them on.

    Args:
        role: of the process.
        prometheus: whether it may listen for Prometheus. Of many alike on a machine, only one could.

    Raises:
        WrongVariableError: as of :func:`check`, or for Prometheus.
    """
    check()
    readers: list[MetricReader] = []
    if _is_on("METRICS"):
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
    if prometheus and not _is_disabled() and "prometheus" in _exporters("METRICS"):
        from config.prometheus_reader import prometheus_reader

        if reader := prometheus_reader():
            readers.append(reader)
    if readers:
        provider = MeterProvider(readers, resource=_resource(role), shutdown_on_exit=False)
        metrics.set_meter_provider(provider)
        _shutdowns.append(_Shutdown(provider))


def stop() -> None:
    """Export what is buffered, for :data:`STOP_SECONDS` at most. It is called when Python exits, if not before.

    The exporters themselves would retry for half a minute if their collector is away.
    """
    shutdowns = _shutdowns.copy()
    _shutdowns.clear()
    for each in shutdowns:
        each.begin()
    deadline = time.monotonic() + STOP_SECONDS
    for each in shutdowns:
        each.join(max(0.0, deadline - time.monotonic()))
    if any(each.is_alive() for each in shutdowns):
        log.warning("the last spans and metrics are lost: no collector took them within %.1f s", STOP_SECONDS)


class _Shutdown(threading.Thread):
    """Shuts a provider down once that is begun.

    The thread runs from the start on: while Python exits, none can be started. As a daemon, it keeps no process.
    """

    def __init__(self, provider: TracerProvider | MeterProvider) -> None:
        super().__init__(name="telemetry shutdown", daemon=True)
        self._provider = provider
        self._begun = threading.Event()
        self.start()

    def begin(self) -> None:
        self._begun.set()

    def run(self) -> None:
        self._begun.wait()
        self._provider.shutdown()


_shutdowns: list[_Shutdown] = []
atexit.register(stop)


def _resource(role: Role) -> Resource:
    """What describes this process. ``OTEL_RESOURCE_ATTRIBUTES`` and ``OTEL_SERVICE_NAME`` come first."""
    attributes: dict[str, str | int] = {
        SERVICE_NAME: f"leaderboard-{role}",
        "host.name": socket.gethostname(),
        "process.pid": os.getpid(),
    }
    # The image holds the checkout, not the installed package.
    with suppress(PackageNotFoundError):
        attributes[SERVICE_VERSION] = version("live-leaderboards")
    return Resource.create(attributes).merge(OTELResourceDetector().detect())


def _is_disabled() -> bool:
    return os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"


def _exporters(signal: str) -> set[str]:
    return {each.strip() for each in (os.environ.get(f"OTEL_{signal}_EXPORTER") or "otlp").split(",")}


def _is_on(signal: str) -> bool:
    """Whether a signal is exported over OTLP."""
    if _is_disabled() or "otlp" not in _exporters(signal):
        return False
    return any(os.environ.get(name) for name in (_ENDPOINT, f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
