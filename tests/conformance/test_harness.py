"""What `make conformance` stands on, as far as it needs no network."""

from importlib.metadata import version

import pytest

from tests.conformance.differences import EXPLAINED, Verdict, verdict
from tests.conformance.runs import SUITE, Outcome
from tests.conformance.source import locked

PASSED, FAILED, SKIPPED = (Outcome(result, "") for result in ("passed", "failed", "skipped"))


def test_kombu_under_test_is_the_one_installed() -> None:
    """Given the lock, then the kombu whose tests are fetched is the one that workers run, pinned by hash."""
    requirement, *hashes = locked("kombu").replace("\\\n", "").split()

    assert requirement == f"kombu=={version('kombu')}"
    assert hashes
    assert all(each.startswith("--hash=sha256:") for each in hashes)


def test_every_difference_is_explained() -> None:
    """Given a test that ends otherwise with our classes, then it is one that is run, and a reason is given."""
    parts = tuple(file for part in SUITE for file in part)

    assert [test for test, reason in EXPLAINED.items() if not test.startswith(parts) or not reason.strip()] == []


@pytest.mark.parametrize(
    ("stock", "ours", "explained", "expected"),
    [
        (PASSED, PASSED, False, Verdict.SAME),
        (SKIPPED, SKIPPED, False, Verdict.SAME),
        (PASSED, FAILED, False, Verdict.UNEXPLAINED),
        (PASSED, SKIPPED, False, Verdict.UNEXPLAINED),
        (PASSED, None, False, Verdict.UNEXPLAINED),
        (PASSED, FAILED, True, Verdict.EXPLAINED),
        (PASSED, PASSED, True, Verdict.STALE),
        (None, None, True, Verdict.STALE),
        (FAILED, FAILED, False, Verdict.UNFIT),
        (FAILED, PASSED, True, Verdict.UNFIT),
    ],
)
def test_verdict(stock: Outcome | None, ours: Outcome | None, explained: bool, expected: Verdict) -> None:
    """Given a test's outcomes, then only what stock passes and ours does not, unexplained, or an idle explanation
    is a fault."""
    assert verdict(stock, ours, explained) is expected
