"""A short run of the fuzzer; ``python -m tests.fuzz --minutes N`` is a long one."""

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.fastlane.consuming.messages import call_of, task_message
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


@pytest.mark.parametrize("lane", [[], ["--stock"]], ids=["fast", "stock"])
def test_a_short_run_finds_nothing(processes: Processes, lane: list[str]) -> None:
    ended = processes.run("tests.fuzz", "--minutes", "0.05", "--seed", "1", *lane)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 failures" in ended.stdout
