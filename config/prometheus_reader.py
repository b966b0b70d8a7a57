"""Serves the metrics of this process to Prometheus, as OpenTelemetry's standard variables say."""

import logging
import os

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics.export import MetricReader
from prometheus_client import start_http_server

from config.telemetry import WrongVariableError

HOST = "OTEL_EXPORTER_PROMETHEUS_HOST"
PORT = "OTEL_EXPORTER_PROMETHEUS_PORT"

log = logging.getLogger(__name__)


def prometheus_reader() -> MetricReader | None:
    """Serve metrics at ``http://HOST:PORT/metrics`` until the process ends.

    Returns:
        What collects the metrics. None if the address cannot be used, which is logged: bars matter more.

    Raises:
        WrongVariableError: the port's variable holds no port.
    """
    host, port = os.environ.get(HOST) or "localhost", os.environ.get(PORT) or "9464"
    if not (port.isascii() and port.isdecimal() and int(port) < 1 << 16):
        raise WrongVariableError(f"{PORT} is {port!r}: it must be a port, 0 to 65535.")
    try:
        server, _ = start_http_server(int(port), host)
    except OSError as error:
        log.error("no metrics for Prometheus: %s=%s, %s=%s cannot be used: %s", HOST, host, PORT, port, error)
        return None
    log.info("metrics for Prometheus are at http://%s:%d/metrics", host, server.server_port)
    reader: MetricReader = PrometheusMetricReader(scope_info_enabled=False)
    return reader
