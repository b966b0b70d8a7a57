"""Writes findings: as text for people, and as JSON for programs."""

import json
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from config.control_characters import escape_controls, escape_controls_json
from tasks.doctor.examination import Result
from tasks.doctor.finding import Severity

_STYLES = {
    Severity.WRONG: "bold red",
    Severity.WARNING: "yellow",
    Severity.UNKNOWN: "cyan",
    Severity.OK: "green",
}
#: Width of the column of severities.
_COLUMN = 9


def is_sound(results: Sequence[Result]) -> bool:
    """Whether nothing is wrong. Warnings, and what could not be looked at, do not count."""
    return all(result.finding.severity < Severity.WRONG for result in results)


def as_json(results: Sequence[Result], seconds: float) -> str:
    """The report as one JSON object, in ASCII.

    Args:
        results: the worst first.
        seconds: how long it took to look.
    """
    findings = [
        {
            "severity": result.finding.severity.name.lower(),
            "check": result.check,
            "says": result.finding.says,
            "do": result.finding.do,
            "see": result.finding.see,
        }
        for result in results
    ]
    report = {"sound": is_sound(results), "seconds": round(seconds, 2), "findings": findings}
    return escape_controls_json(json.dumps(report, indent=2))


def write(console: Console, results: Sequence[Result], seconds: float) -> None:
    """Write the report as text, in colour and wrapped if `console` is a terminal.

    Args:
        console: where to.
        results, seconds: as of :func:`as_json`.
    """
    for result in results:
        _write_finding(console, result)
    console.print(Text(f"\n{_summary(results)}, in {seconds:.1f} s."), soft_wrap=True)


def _write_finding(console: Console, result: Result) -> None:
    finding = result.finding
    severity = finding.severity.name if finding.severity is Severity.WRONG else finding.severity.name.lower()
    # A Text: rich would read a str as markup, and names of keys come from outside.
    line = Text(f"{severity:{_COLUMN}}", _STYLES[finding.severity])
    line.append(f"{result.check}: ", "bold")
    line.append(escape_controls(finding.says), "not bold default")
    _print(console, line)
    for text in filter(None, (finding.do, finding.see and f"See {finding.see}")):
        _print(console, Text(f"{'':{_COLUMN}}{escape_controls(text)}", "dim" if text != finding.do else ""))


def _print(console: Console, line: Text) -> None:
    if not console.is_terminal:
        # Whole lines, for grep.
        console.print(line, soft_wrap=True)
        return
    first, rest = line[:_COLUMN], line[_COLUMN:]
    wrapped = rest.wrap(console, max(20, console.width - _COLUMN))
    console.print(first + wrapped[0] if wrapped else first)
    for more in wrapped[1:]:
        console.print(Padding(more, (0, 0, 0, _COLUMN)))


def _summary(results: Sequence[Result]) -> str:
    count = Counter(result.finding.severity for result in results)
    found = [
        f"{count[Severity.WRONG]} wrong" if count[Severity.WRONG] else "Nothing is wrong",
        *(f"{count[each]} {name}" for each, name in _COUNTED if count[each]),
    ]
    return ", ".join(found)


_COUNTED = ((Severity.WARNING, "to look at"), (Severity.UNKNOWN, "unknown"), (Severity.OK, "well"))
