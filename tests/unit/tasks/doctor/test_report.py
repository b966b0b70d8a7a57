"""The report, for people and for programs."""

import io
import json

import pytest
from rich.console import Console

from tasks.doctor.examination import Result
from tasks.doctor.finding import Page, ok, unknown, warning, wrong
from tasks.doctor.report import as_json, is_sound, write

RESULTS = [
    Result("keys", wrong("leaderboard:[red]x is of type string", "RENAME it.", Page.WRONG_KEY)),
    Result("queues", warning("7,000 messages wait in aggs\x1b[2J", "Start workers.")),
    Result("rights", unknown("not for this user to ask")),
    Result("beat", ok("celerybeat@a answers")),
]


def test_programs_get_one_object() -> None:
    report = json.loads(as_json(RESULTS, 1.234))
    assert (report["sound"], report["seconds"]) == (False, 1.23)
    assert report["findings"][0] == {
        "severity": "wrong",
        "check": "keys",
        "says": "leaderboard:[red]x is of type string",
        "do": "RENAME it.",
        "see": "docs/operations/runbook.md#a-key-of-another-type",
    }
    assert [each["severity"] for each in report["findings"]] == ["wrong", "warning", "unknown", "ok"]


def test_plain_text_is_whole_lines_without_colour() -> None:
    output = io.StringIO()
    write(Console(file=output, width=40), RESULTS, 1.26)
    assert output.getvalue().splitlines() == [
        "WRONG    keys: leaderboard:[red]x is of type string",
        "         RENAME it.",
        "         See docs/operations/runbook.md#a-key-of-another-type",
        "warning  queues: 7,000 messages wait in aggs\\x1b[2J",
        "         Start workers.",
        "unknown  rights: not for this user to ask",
        "ok       beat: celerybeat@a answers",
        "",
        "1 wrong, 1 to look at, 1 unknown, 1 well, in 1.3 s.",
    ]


def test_a_terminal_gets_colour_and_wrapped_lines() -> None:
    output = io.StringIO()
    write(Console(file=output, width=40, force_terminal=True, color_system="standard"), RESULTS, 1.26)
    lines = output.getvalue().splitlines()
    assert "\x1b[1;31mWRONG" in lines[0]
    # What follows stands below the text of the first line.
    assert lines[1].startswith("         ")


@pytest.mark.parametrize(("results", "sound"), [(RESULTS, False), (RESULTS[1:], True), ([], True)])
def test_only_what_is_wrong_makes_it_unsound(results: list[Result], sound: bool) -> None:
    assert is_sound(results) is sound
