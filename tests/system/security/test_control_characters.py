"""What comes from outside, in logs and on the terminal: it forges no line and moves no cursor."""

import json
import logging
import re
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from config.celery import AGGS
from config.control_characters import escape_controls
from config.logging import configure
from config.settings import Settings
from leaderboard import keys
from leaderboard.reason_kind import ReasonKind
from leaderboard.system import System
from leaderboard.validation import Refused
from tests.support.market import bar
from tests.support.messages.hostile import call, envelope
from tests.support.processes import Processes
from tests.support.waiting import eventually

FORGED = "x\nERROR forged: a line\r\x1b[2J\x7f\x9b31m\u2028\u202eback\u2066"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r", "a\\nb\\r"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x7f\x85\x9b", "\\x7f\\x85\\x9b"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\u202e\u2066\u200f", "\\u202e\\u2066\\u200f"),
        ("\ud83d", "\\ud83d"),
        ("Zürich, 株, 💥 and \\n", "Zürich, 株, 💥 and \\n"),
    ],
)
def test_what_acts_is_seen(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_has_lines_or_controls(text: str) -> None:
    shown = escape_controls(text)

    assert len(shown.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f]", shown)


@pytest.fixture(params=["text", "json"])
def logged(request: pytest.FixtureRequest, capsys: Any) -> Any:
    """Logs something in a format, and gives the lines."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def lines(message: str, *arguments: object, **options: Any) -> list[str]:
        configure(Settings(log_format=request.param))
        logging.getLogger("tests").error(message, *arguments, **options)
        return str(capsys.readouterr().err).removesuffix("\n").split("\n")

    yield lines
    root.handlers[:], root.level = handlers, level


def test_a_message_is_one_line_of_log(logged: Any) -> None:
    (line,) = logged("refused: %s", FORGED)

    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u202e\u2066]", line)


def test_an_error_forges_no_line_of_its_own(logged: Any) -> None:
    # Given an error whose words come from outside
    try:
        raise ValueError(FORGED)
    except ValueError:
        first, *others = logged("it failed", exc_info=sys.exc_info())

    # Then each line of its traceback can be told from a line of the log
    assert "it failed" in first
    assert all(line.startswith("  ") for line in others)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u202e\u2066]", "".join((first, *others)))


def test_dead_letters_are_listed_without_controls(system: System, processes: Processes) -> None:
    # Given dead letters whose reasons and payloads hold controls
    system.dead_letters.add([Refused({"sym": FORGED, "raw": "\x7f"}, f"no such task: {FORGED}", ReasonKind.TASK)])

    for options in ((), ("--json",)):
        listed = processes.run("tasks", "dead", "list", *options)

        # Then they are listed, and nothing of it acts
        assert "forged" in listed.stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\u2066]", listed.stdout)
        assert "ERROR forged" not in [line[:12] for line in listed.stdout.splitlines()]
    (letter,) = listed.stdout.splitlines()
    assert json.loads(letter)["reason"].endswith(FORGED)

    # And to send them again says why not in one line
    again = processes.run("tasks", "dead", "resend", "--all")
    assert len(again.stderr.splitlines()) == 1


@pytest.mark.parametrize("fast_lane", ["1", "0"])
def test_a_message_writes_no_line_of_log(
    redis: Redis, broker: Redis, processes: Processes, fast_lane: str
) -> None:
    # Given messages with lines in their content type, id, shadow name and task, and a worker that logs text
    body = call(bar("GOOD", "09:30:00"))
    broker.lpush(
        AGGS,
        envelope(body, content_type=FORGED),
        envelope(body, id=FORGED, task="none"),
        envelope(body, shadow=FORGED, id=FORGED, stamped_headers=17),
        envelope(body, task=FORGED),
        envelope(call({"sym": FORGED, "c": 1})),
    )
    processes.worker("worker", LOG_FORMAT="text", FAST_LANE=fast_lane, LOG_LEVEL="DEBUG")
    eventually(lambda: redis.xlen(keys.DEAD) >= 4 and not broker.exists(AGGS, "unacked"))

    # Then each line of its log is its own
    assert "ERROR forged: a line" not in processes.log("worker").split("\n")
    for line in processes.log("worker").split("\n"):
        assert not line.startswith("ERROR forged"), line
