"""The gateway's answer, judged."""

import pytest

from tasks.doctor.checks import gateway_health
from tasks.doctor.finding import Severity

URL = "http://gateway:8000"


def test_parts_that_are_not_well_are_named() -> None:
    parts = {"redis": {"ok": True}, "clock": {"ok": False}, "keys": {"ok": False, "why": "x is of type string"}}
    finding = gateway_health.judge(URL, {"healthy": False, "parts": parts})
    assert finding.severity is Severity.WRONG
    assert finding.says == f"{URL}/healthz: not well are clock, keys (x is of type string)"


def test_a_gateway_that_is_well() -> None:
    assert gateway_health.judge(URL, {"parts": {"redis": {"ok": True}}}).severity is Severity.OK


@pytest.mark.parametrize("answer", [None, [], {}, {"parts": 1}, {"parts": {"redis": 1}}])
def test_another_program_is_no_gateway(answer: object) -> None:
    finding = gateway_health.judge(URL, answer)
    assert (finding.severity, "is no gateway" in finding.says) == (Severity.WRONG, True)


def test_silence_is_wrong_only_of_a_gateway_that_was_named() -> None:
    error = ConnectionRefusedError("refused")
    assert gateway_health.judge_silence(URL, error, named=True).severity is Severity.WRONG
    assert gateway_health.judge_silence(URL, error, named=False).severity is Severity.UNKNOWN
