"""The gateway's answer, judged."""

import socket
import threading

import pytest

from config.settings import Settings
from tasks.doctor.checks import gateway_health
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Severity

URL = "http://gateway:8000"


def test_parts_that_are_not_well_are_named() -> None:
    parts = {"redis": {"ok": True}, "clock": {"ok": False}, "keys": {"ok": False, "why": "x is of type string"}}
    finding = gateway_health.judge(URL, {"healthy": False, "parts": parts}, named=True)
    assert finding.severity is Severity.WRONG
    assert finding.says == f"{URL}/healthz: not well are clock, keys (x is of type string)"


def test_a_gateway_that_is_well() -> None:
    assert gateway_health.judge(URL, {"parts": {"redis": {"ok": True}}}, named=True).severity is Severity.OK


@pytest.mark.parametrize("answer", [None, [], {}, {"parts": 1}, {"parts": {"redis": 1}}])
def test_another_program_is_no_gateway(answer: object) -> None:
    finding = gateway_health.judge(URL, answer, named=True)
    assert (finding.severity, "is no gateway" in finding.says) == (Severity.WRONG, True)


def test_another_program_at_the_usual_port_is_no_fault() -> None:
    assert gateway_health.judge(URL, None, named=False).severity is Severity.UNKNOWN


@pytest.mark.parametrize("reply", [b"$1000000\r\n", b"HTTP/1.0 200 OK\r\n\r\n<html>"])
def test_a_server_of_another_kind_is_no_gateway(reply: bytes) -> None:
    # Given a server that talks another protocol, or HTTP without JSON
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1_000)
                connection.sendall(reply)

        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        # When it is named as the gateway
        (finding,) = gateway_health.check(Deployment(Settings(), {}, url))
    # Then that is what is wrong, and not that nobody answers
    assert (finding.severity, finding.says) == (Severity.WRONG, f"{url} answers, and is no gateway")


def test_silence_is_wrong_only_of_a_gateway_that_was_named() -> None:
    error = ConnectionRefusedError("refused")
    assert gateway_health.judge_silence(URL, error, named=True).severity is Severity.WRONG
    assert gateway_health.judge_silence(URL, error, named=False).severity is Severity.UNKNOWN
