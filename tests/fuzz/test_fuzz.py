"""What holds for whatever might be sent; ``python -m tests.fuzz --minutes N`` looks for longer."""

import json
import time
from base64 import b64decode
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.celery import AGGS
from tasks.fastlane.consuming.messages import call_of, task_message
from tasks.intake.message_validation import invalid_reason
from tasks.intake.queue_rules import RULES
from tests.fuzz.fuzzer import Maker, try_event
from tests.support.processes import Processes

_NOW = int(time.time() * 1000)
# Hypothesis's own chance, so that it can make what fails small.
chances = st.randoms(use_true_random=False)


@settings(max_examples=500)
@given(chances)
def test_an_event_is_refused_or_the_same_by_both_ways(chance: Random) -> None:
    # Given whatever might be an event's text, then both ways of validating it agree
    try_event(Maker(chance).event(_NOW), _NOW)


@settings(max_examples=500)
@given(chances)
def test_a_message_is_read_or_left_to_celery(chance: Random) -> None:
    # Given whatever might be a message, when it is read as one that may run in a batch
    told = task_message(Maker(chance).message(_NOW))

    # Then it is none, or its arguments are a list
    called = call_of(*told[1:]) if told else None
    assert called is None or isinstance(called.args, list)


@settings(max_examples=1_000)
@given(chances)
def test_what_the_fast_lane_takes_is_accepted(chance: Random) -> None:
    # Given whatever might be a message of a bar
    raw = Maker(chance).message(_NOW)

    # When the fast lane takes it
    told = task_message(raw)
    if told is None or told[0] != "tasks.process_agg" or call_of(*told[1:]) is None:
        return

    # Then the table would have; what it has not looked at may be no text
    try:
        message = json.loads(raw)
        payload = json.loads(b64decode(message["body"]))
    except ValueError:
        return
    # Null is absent there. Celery's own way is spared even the names of some headers.
    headers = {name: value for name, value in message["headers"].items() if value is not None}
    said = invalid_reason(RULES[AGGS], headers, message["properties"], payload, lambda: _NOW / 1000)
    assert said is None or "nested deeper" in said.reason


@pytest.mark.parametrize("lane", [[], ["--stock"]], ids=["fast", "stock"])
def test_a_short_run_finds_nothing(processes: Processes, lane: list[str]) -> None:
    ended = processes.run("tests.fuzz", "--minutes", "0.05", "--seed", "1", *lane)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 failures" in ended.stdout
