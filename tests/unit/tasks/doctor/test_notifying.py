"""How notifying stands, judged."""

from dataclasses import replace

import pytest

from leaderboard.alerts.notifier_report import NotifierReport
from tasks.doctor.finding import Severity
from tasks.doctor.notifying import judge

NOW = 1_795_000_000.0
REPORT = NotifierReport("host", 2, seen_at=round(NOW * 1000) - 3_000)


@pytest.mark.parametrize(
    ("report", "severity", "says"),
    [
        (None, Severity.OK, "no notifier runs, so alerts are sent nowhere"),
        (REPORT, Severity.OK, "alerts are sent to 2 services, by host"),
        (replace(REPORT, targets=1), Severity.OK, "alerts are sent to one service, by host"),
        (
            replace(REPORT, failure="1 JSON: Connection refused", age=5),
            Severity.WARNING,
            "the notifier on host cannot send alerts to 1 JSON: Connection refused; the oldest has waited 5 s",
        ),
        (
            replace(REPORT, failure="1 JSON: Connection refused", age=90),
            Severity.WRONG,
            "the notifier on host cannot send alerts to 1 JSON: Connection refused; the oldest has waited 90 s",
        ),
        (
            replace(REPORT, seen_at=round(NOW * 1000) - 90_000),
            Severity.WRONG,
            "the notifier on host was last seen 90 s ago: alerts wait",
        ),
    ],
)
def test_notifying(report: NotifierReport | None, severity: Severity, says: str) -> None:
    [finding] = judge(report, NOW)
    assert (finding.severity, finding.says) == (severity, says)
