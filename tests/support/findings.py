"""What the doctor found, as tests compare it."""

from collections.abc import Iterable

from tasks.doctor.finding import Finding, Severity


def said(findings: Iterable[Finding], severity: Severity) -> list[str]:
    """What findings of one severity say."""
    return [finding.says for finding in findings if finding.severity is severity]


def severities(findings: Iterable[Finding]) -> list[Severity]:
    return [finding.severity for finding in findings]
