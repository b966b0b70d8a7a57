"""A producer of bars whose own code is traced: ``python -m tests.support.traced_producer TIME``.

It sends a bar of each of six symbols that ended at TIME, Unix milliseconds, under a span of its own for every two,
in each of the ways to send. A seventh bar is sent under no span.
"""

import sys
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tasks import process_agg


def main(end: int) -> None:
    def bar(symbol: str) -> dict[str, Any]:
        return {"sym": symbol, "c": 1, "s": end - 1000, "e": end}

    provider = TracerProvider(resource=Resource.create({"service.name": "producer"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    tracer = trace.get_tracer("producer")
    with tracer.start_as_current_span("one by one"):
        process_agg.delay(bar("A"))
        process_agg.delay(bar("B"))
    with tracer.start_as_current_span("many"):
        process_agg.delay_many([bar("C"), bar("D")])
    # One write, whose messages are of different spans.
    with process_agg.buffered(seconds=60) as send:
        with tracer.start_as_current_span("buffered"):
            send(bar("E"))
            send(bar("F"))
        send(bar("G"))


if __name__ == "__main__":
    main(int(sys.argv[1]))
