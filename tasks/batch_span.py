"""The span of a batch of bars."""

from collections.abc import Iterable, Sequence

from opentelemetry.trace import Span, SpanKind, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from config.celery import AGGS
from leaderboard.system import Processed
from tasks import metrics
from tasks.fastlane.call import Call

#: Spans of producers that a batch is linked to, at most: a batch may bring the bars of hundreds.
MAX_LINKS = 32

# How the header of a sampled span ends: with that flag alone, or with that of a random trace id besides.
_SAMPLED = ("-01", "-03")
_read = TraceContextTextMapPropagator().extract


def start(calls: Sequence[Call]) -> Span:
    """Start a batch's span, linked to the spans under which its bars were sent."""
    span = metrics.tracer.start_span("apply", kind=SpanKind.CONSUMER)
    # Most workers run without telemetry, and most bars are sent under no span.
    if span.is_recording():
        span.set_attributes(
            {
                "bars": len(calls),
                "messaging.system": "celery",
                "messaging.operation.type": "process",
                "messaging.destination.name": AGGS,
                "messaging.batch.message_count": len(calls),
            }
        )
        _link(span, {call.traceparent: None for call in calls if call.traceparent})
    return span


def describe(span: Span, batch: Processed) -> None:
    """Add to a batch's span what became of its bars."""
    if span.is_recording():
        span.set_attributes(
            {
                "applied": batch.applied,
                "stale": batch.stale,
                "late": batch.late,
                "early": batch.early,
                "conflated": batch.conflated,
                "dead": batch.dead,
            }
        )


def _link(span: Span, parents: Iterable[str]) -> None:
    """Link a span to the sampled ones among the spans that headers name; the others are recorded nowhere."""
    sampled = [parent for parent in parents if parent.endswith(_SAMPLED)]
    for parent in sampled[:MAX_LINKS]:
        producer = get_current_span(_read({"traceparent": parent})).get_span_context()
        if producer.is_valid:
            span.add_link(producer)
    if len(sampled) > MAX_LINKS:
        span.set_attribute("producers", len(sampled))
