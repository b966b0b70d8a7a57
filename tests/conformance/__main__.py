"""``make conformance``: prints each test that does not end as with stock's classes, fails on any not explained."""

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.conformance.differences import EXPLAINED, FAULTS, Verdict, verdict
from tests.conformance.runs import SUITE, Outcome, Run, outcomes, whole_suite
from tests.conformance.source import fetch

STOCK = "kombu.transport.redis"
OURS = "tasks.fastlane.transport"

#: Verdicts that are believed only when they come again.
REPEATED = {*FAULTS, Verdict.UNFIT}

Outcomes = dict[str, Outcome]


def main() -> int:
    """Compare, and print what was found.

    Returns:
        0 if every test ends as with stock's classes or as explained, else 1.
    """
    with tempfile.TemporaryDirectory() as folder:
        kombu = fetch(Path(folder))
        stock, ours = _run(kombu, whole_suite(STOCK), whole_suite(OURS))
        # Some of kombu's tests race against the clock: what is doubtful has to be so twice.
        if doubtful := [test for test, found in _judge(stock, ours).items() if found in REPEATED]:
            stock_again, ours_again = _run(kombu, _only(STOCK, doubtful), _only(OURS, doubtful))
            stock, ours = stock | stock_again, ours | ours_again
    verdicts = _judge(stock, ours)
    _print(verdicts, ours)
    return int(not FAULTS.isdisjoint(verdicts.values()))


def _run(kombu: Path, stock: list[Run], ours: list[Run]) -> tuple[Outcomes, Outcomes]:
    found = outcomes(kombu, [*stock, *ours])
    return _merged(found[: len(stock)]), _merged(found[len(stock) :])


def _merged(found: Iterable[Outcomes]) -> Outcomes:
    return {test: outcome for each in found for test, outcome in each.items()}


def _only(transport: str, tests: list[str]) -> list[Run]:
    """Runs of single tests, the parts of the suite still apart."""
    parts = ([test for test in tests if test.startswith(files)] for files in SUITE)
    return [Run(transport, part) for part in parts if part]


def _judge(stock: Outcomes, ours: Outcomes) -> dict[str, Verdict]:
    tests = dict.fromkeys([*stock, *ours, *EXPLAINED])
    return {test: verdict(stock.get(test), ours.get(test), test in EXPLAINED) for test in tests}


def _print(verdicts: dict[str, Verdict], ours: Outcomes) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for kind in Verdict:
        if kind is not Verdict.SAME and kind in verdicts.values():
            console.print(f"{kind}:", style="bold")
            console.print(_listing([test for test, found in verdicts.items() if found is kind], ours))
    console.print(_summary(Counter(verdicts.values())))


def _listing(tests: list[str], ours: Outcomes) -> str:
    """Tests under what there is to say of them: why they are explained, else how they ended with our classes."""
    tests_by_reason = defaultdict(list)
    for test in tests:
        tests_by_reason[EXPLAINED.get(test) or " ".join(ours.get(test, ["not run"]))].append(f"    {test}\n")
    return "".join(f"  {reason}\n{''.join(those)}" for reason, those in tests_by_reason.items())


def _summary(counts: Counter[Verdict]) -> Table:
    table = Table(title="kombu's tests of its Redis transport, with our classes", title_justify="left")
    table.add_column("")
    table.add_column("tests", justify="right")
    for kind in Verdict:
        table.add_row(kind, str(counts[kind]))
    table.add_section()
    table.add_row("all", str(counts.total()))
    return table


sys.exit(main())
