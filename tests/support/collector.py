"""A collector of OpenTelemetry."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2


class Span(NamedTuple):
    """A span as it was received; ids are hexadecimal.

    Attributes:
        service: the name of the service that sent it.
        links: trace and span that it is linked to.
        failed: whether its status is an error.
        exceptions: types of the exceptions that were recorded.
    """

    name: str
    service: str
    trace: str
    id: str
    parent: str
    links: list[tuple[str, str]]
    attributes: dict[str, Any]
    failed: bool
    exceptions: list[str]


class Collector:
    """Receives OTLP over HTTP and keeps what it received.

    Args:
        port: where it listens; 0: on a free one.

    Attributes:
        received: all spans.
        sums: the sums of counters and the counts of histograms, by name.
        kinds: sums of counters with one attribute, by name and the attribute's value.
        gauges: all values, by name.
        resources: the attributes of each process that sent something.
    """

    def __init__(self, port: int = 0) -> None:
        self.received: list[Span] = []
        self.sums: dict[str, float] = {}
        self.kinds: dict[tuple[str, str], float] = {}
        self.gauges: dict[str, list[float]] = {}
        self.resources: list[dict[str, Any]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                take = collector.take_traces if self.path == "/v1/traces" else collector.take_metrics
                take(body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def spans(self) -> list[str]:
        """The names of all spans."""
        return [span.name for span in self.received]

    def named(self, name: str) -> list[Span]:
        """The spans of a name."""
        return [span for span in self.received if span.name == name]

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def take_traces(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            attributes = _attributes(resource.resource.attributes)
            self.resources.append(attributes)
            for span in (each for scope in resource.scope_spans for each in scope.spans):
                self.received.append(_span(attributes["service.name"], span))

    def take_metrics(self, body: bytes) -> None:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            self.resources.append(_attributes(resource.resource.attributes))
            for metric in (each for scope in resource.scope_metrics for each in scope.metrics):
                if metric.HasField("sum"):
                    self.sums[metric.name] = sum(point.as_int for point in metric.sum.data_points)
                    for point in metric.sum.data_points:
                        for attribute in point.attributes:
                            self.kinds[metric.name, attribute.value.string_value] = point.as_int
                elif metric.HasField("gauge"):
                    came = self.gauges.setdefault(metric.name, [])
                    came += [point.as_double or point.as_int for point in metric.gauge.data_points]
                elif metric.HasField("histogram"):
                    self.sums[metric.name] = sum(point.count for point in metric.histogram.data_points)


@contextmanager
def silent_collector() -> Iterator[str]:
    """The URL of a collector that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _span(service: str, span: trace_pb2.Span) -> Span:
    return Span(
        span.name,
        service,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        _attributes(span.attributes),
        span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        [_attributes(event.attributes)["exception.type"] for event in span.events if event.name == "exception"],
    )


def _attributes(values: Any) -> dict[str, Any]:
    def value(each: KeyValue) -> Any:
        return getattr(each.value, each.value.WhichOneof("value") or "string_value")

    return {each.key: value(each) for each in values}
