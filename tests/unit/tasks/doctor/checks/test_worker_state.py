"""Workers' and beats' answers, judged."""

from typing import Any

from kombu.exceptions import ContentDisallowed

from tasks.doctor.checks import worker_state
from tasks.doctor.checks.worker_state import About
from tasks.doctor.finding import Severity
from tests.support.findings import said, severities

CLOCK = ["clock", "reference"]


def about(*queues: str, **changes: Any) -> About:
    known = About(queues=[*queues], code="abc", skew=0.0, settings={"BOARD_SIZE": "500"}, has_source=False)
    return known.model_copy(update=changes)


def test_answers_that_are_no_workers_affect_no_other() -> None:
    # Given an answer of this release, one of an older one, and what is no answer
    well = {"a@1": about("aggs").model_dump()}
    older = {"b@1": {"error": "KeyError('about')"}}
    answers = [well, older, ContentDisallowed("x"), {"c@1": {"queues": "aggs"}}, []]

    # When they are read
    workers, others = worker_state.read_answers(answers)

    # Then the first counts
    assert [*workers] == ["a@1"]
    assert others == ["b@1", "one without a name", "c@1", "one without a name"]


def test_a_queue_without_a_worker_is_wrong() -> None:
    findings = list(worker_state.judge_queues({"a@1": about("aggs")}, []))
    assert said(findings, Severity.OK) == ["aggs: 1 (a@1)"]
    assert said(findings, Severity.WRONG) == [
        "no worker of clock answers within 3 s: boards stand still",
        "no worker of reference answers within 3 s: reference data is not fetched",
    ]


def test_workers_of_an_older_release_leave_queues_unknown() -> None:
    findings = list(worker_state.judge_queues({"a@1": about("aggs")}, ["old@1"]))
    assert severities(findings) == [Severity.OK, Severity.UNKNOWN, Severity.UNKNOWN, Severity.WARNING]
    assert "old@1" in findings[-1].says


def test_a_source_that_only_some_have() -> None:
    workers = {"a@1": about("aggs", *CLOCK, has_source=True), "b@1": about(*CLOCK)}
    (finding,) = (each for each in worker_state.judge_queues(workers, []) if each.severity is not Severity.OK)
    assert (finding.severity, "some workers" in finding.says) == (Severity.WARNING, True)


def test_code_of_two_releases() -> None:
    (same,) = worker_state.judge_code({"a@1": "abc", "b@1": "abc"}, "abc")
    assert same.severity is Severity.OK
    (two,) = worker_state.judge_code({"a@1": "abc", "b@1": "def"}, "abc")
    assert (two.severity, "abc: a@1; def: b@1" in two.says) == (Severity.WARNING, True)
    (another,) = worker_state.judge_code({"a@1": "abc"}, "def")
    assert another.severity is Severity.WARNING
    assert not list(worker_state.judge_code({}, "abc"))


def test_settings_that_differ() -> None:
    workers = {"a@1": about("aggs", settings={"BOARD_SIZE": "100"}), "b@1": about("aggs")}
    (finding,) = worker_state.judge_settings(workers, {"BOARD_SIZE": "500"})
    assert finding.severity is Severity.WRONG
    assert finding.says == "processes disagree: BOARD_SIZE is 500 (this command, b@1), 100 (a@1)"
    assert not list(worker_state.judge_settings({"b@1": about("aggs")}, {"BOARD_SIZE": "500"}))


def test_clocks_that_are_off() -> None:
    assert not list(worker_state.judge_clocks({"a@1": 0.5, "b@1": -0.5}))
    (finding,) = worker_state.judge_clocks({"a@1": 0.5, "b@1": -3.04})
    assert (finding.severity, "b@1 by -3.0 s" in finding.says) == (Severity.WARNING, True)


def test_beats() -> None:
    assert worker_state.judge_beats(["celerybeat@a"]).severity is Severity.OK
    assert worker_state.judge_beats([]).severity is Severity.WRONG
