"""Where our transport differs from stock's by design, and what a test's two outcomes tell."""

from enum import StrEnum

from tests.conformance.runs import Outcome

#: Tests of kombu's that end otherwise with our classes than with stock's, by id, and why.
EXPLAINED: dict[str, str] = {}


class Verdict(StrEnum):
    """What became of a test."""

    SAME = "as with stock's classes"
    EXPLAINED = "otherwise, as explained"
    UNEXPLAINED = "otherwise, and not explained"
    STALE = "explained, and as with stock's classes, or not there"
    UNFIT = "fails with stock's classes too, so tells nothing"


#: Verdicts that fail the comparison.
FAULTS = {Verdict.UNEXPLAINED, Verdict.STALE}


def verdict(stock: Outcome | None, ours: Outcome | None, explained: bool) -> Verdict:
    """Judge by a test's outcomes, None where it was not run, and by whether it is explained."""
    if stock and stock.result == "failed":
        return Verdict.UNFIT
    if (stock and stock.result) == (ours and ours.result):
        return Verdict.STALE if explained else Verdict.SAME
    return Verdict.EXPLAINED if explained else Verdict.UNEXPLAINED
