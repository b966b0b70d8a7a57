"""A collector of OpenTelemetry."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """Receives OTLP over HTTP and keeps what it received.

    Attributes:
        spans: their names.
        sums: the sums of counters and the counts of histograms, by name.
        kinds: sums of counters with one attribute, by name and the attribute's value.
        gauges: all values, by name.
    """

    def __init__(self) -> None:
        self.spans: list[str] = []
        self.sums: dict[str, float] = {}
        self.kinds: dict[tuple[str, str], float] = {}
        self.gauges: dict[str, list[float]] = {}
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

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def take_traces(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.spans += [span.name for scope in resource.scope_spans for span in scope.spans]

    def take_metrics(self, body: bytes) -> None:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
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
