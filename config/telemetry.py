"""Exports spans and metrics, if the standard ``OTEL_`` variables of OpenTelemetry say so.

``OTEL_EXPORTER_OTLP_ENDPOINT`` (or its variants for ``TRACES`` and ``METRICS``) turns OTLP on.
``OTEL_SDK_DISABLED``, ``OTEL_TRACES_EXPORTER=none`` and ``OTEL_METRICS_EXPORTER=none`` turn it off.
``OTEL_METRICS_EXPORTER=prometheus`` has feeds serve Prometheus. Without an exporter, recording a metric does
nothing.
"""

import os
from collections.abc import Sequence

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


class SkipTasks(Sampler):
    """Records every span but those that Celery's instrumentation makes for the named tasks."""

    def __init__(self, *tasks: str) -> None:
        self._skipped = {f"{action}/{task}" for action in ("run", "apply_async") for task in tasks}

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        skipped = name in self._skipped
        return SamplingResult(Decision.DROP if skipped else Decision.RECORD_AND_SAMPLE, attributes, trace_state)

    def get_description(self) -> str:
        return f"SkipTasks({', '.join(sorted(self._skipped))})"


def start_metrics(*, prometheus: bool = False) -> None:
    """Start this process's exporters of metrics, if the environment turns them on.

    Args:
        prometheus: whether this process may listen for Prometheus. Of many alike on a machine, only one could.

    Raises:
        ValueError: a variable has a wrong value; the text names it.
    """
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
        metrics.set_meter_provider(MeterProvider(readers, resource=_resource()))


def start(*, untraced: Sequence[str]) -> None:
    """Start this process's exporters and Celery's instrumentation, if the environment turns them on.

    Call it in each process that runs tasks, after any fork: the exporters' threads do not survive one.

    Args:
        untraced: names of tasks that run too often for a span each.
    """
    if _is_on("TRACES"):
        # Imported here: these load slowly, and most processes do not need them.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.celery import CeleryInstrumentor

        # A batch's span is recorded although its task's span is not: it becomes a trace of its own.
        sampler = ParentBased(root=(root := SkipTasks(*untraced)), local_parent_not_sampled=root)
        tracers = TracerProvider(resource=_resource(), sampler=sampler)
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(tracers)
        CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    start_metrics()


def stop() -> None:
    """Send what is still buffered, and stop the exporters."""
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        if isinstance(provider, TracerProvider | MeterProvider):
            provider.shutdown()


def _resource() -> Resource:
    return Resource.create({} if "OTEL_SERVICE_NAME" in os.environ else {SERVICE_NAME: "leaderboard"})


def _is_disabled() -> bool:
    return os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"


def _exporters(signal: str) -> set[str]:
    return {each.strip() for each in (os.environ.get(f"OTEL_{signal}_EXPORTER") or "otlp").split(",")}


def _is_on(signal: str) -> bool:
    """Whether a signal is exported over OTLP."""
    if _is_disabled() or "otlp" not in _exporters(signal):
        return False
    return any(os.environ.get(name) for name in (_ENDPOINT, f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
