"""Dead letters, judged."""

from tasks.doctor.checks.letters import judge
from tasks.doctor.finding import Severity


def test_none_of_late_is_well() -> None:
    finding = judge(5_000, [], [])
    assert (finding.severity, finding.says) == (Severity.OK, "none in the last hour; 5,000 are kept")


def test_some_are_a_warning_by_reason() -> None:
    finding = judge(9, [], ["61.5 s in the future", "72 s in the future", "close: Field required"])
    assert finding.severity is Severity.WARNING
    assert finding.says == "3 in the last hour, 9 kept: 2 x N s in the future; 1 x close: Field required"


def test_one_a_second_is_wrong() -> None:
    reasons = ["close: Field required"] * 60
    assert judge(60, reasons[1:], reasons).severity is Severity.WARNING
    finding = judge(60, reasons, reasons)
    assert (finding.severity, "60 in the last minute" in finding.says) == (Severity.WRONG, True)
