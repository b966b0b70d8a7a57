"""One line a minute from each place in the code."""

import asyncio
import logging

import pytest

from tests.support.fake_time import Time
from watch.gateway.connections.client_log_filter import ClientLogFilter


def test_the_log_has_a_line_from_each_place_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    limit, time = ClientLogFilter(), Time(0.0)
    monkeypatch.setattr("config.log_throttle.monotonic", time.clock)

    def record(place: int) -> logging.LogRecord:
        return logging.LogRecord("name", logging.WARNING, "file", place, "%s is wrong", ("x",), None)

    assert [limit.filter(record(1)) for _ in range(5)] == [True, False, False, False, False]
    assert limit.filter(record(2))
    time.now = 61
    assert limit.filter(last := record(1))
    assert last.getMessage() == "x is wrong (4 more since the last such line)"


def test_a_request_that_the_end_cuts_off_is_no_error() -> None:
    # Given an error of the application and the end of a request, as uvicorn logs both
    limit = ClientLogFilter()

    def record(error: BaseException) -> logging.LogRecord:
        message, trace = "Exception in ASGI application", (type(error), error, None)
        return logging.LogRecord("uvicorn.error", logging.ERROR, "file", 1, message, (), trace)

    # Then only the error is logged
    assert not limit.filter(record(asyncio.CancelledError("Task cancelled")))
    assert limit.filter(record(ValueError("a bug")))
