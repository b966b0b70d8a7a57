"""Reference data, judged."""

import math

import pytest

from tasks.doctor.checks import reference_data
from tasks.doctor.finding import Severity


@pytest.mark.parametrize(
    ("ago", "has_source", "follows_events", "severity"),
    [
        (60.0, True, False, Severity.OK),
        (math.inf, True, False, Severity.WARNING),
        (9 * 3600.0, True, False, Severity.WARNING),
        (math.inf, False, False, Severity.WARNING),
        (math.inf, False, True, Severity.OK),
    ],
)
def test_warming(ago: float, has_source: bool, follows_events: bool, severity: Severity) -> None:
    (finding,) = reference_data.judge_warming(ago, has_source, follows_events)
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("closes", "severity"),
    [
        ([], Severity.OK),
        ([1.0] * 95 + [None] * 5, Severity.OK),
        ([1.0] * 90 + [None] * 10, Severity.WARNING),
        ([1.0] * 40 + [None] * 60, Severity.WRONG),
    ],
)
def test_symbols_without_a_previous_close(closes: list[float | None], severity: Severity) -> None:
    assert reference_data.judge_known(closes, has_source=True).severity is severity


def test_what_to_do_hangs_on_the_source() -> None:
    assert "REFERENCE_FILE" not in reference_data.judge_known([None], has_source=True).do
    assert "REFERENCE_FILE" in reference_data.judge_known([None], has_source=False).do
