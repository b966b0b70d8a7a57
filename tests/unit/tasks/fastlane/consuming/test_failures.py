"""Whose fault a failure is, for calls that run one at a time."""

import pytest

from tasks.fastlane.call import Call
from tasks.fastlane.consuming.failures import REMEMBERED, Failures, TransientError


class Task:
    """A task that blames a call for a ValueError alone, and waits out a ConnectionError."""

    def __init__(self) -> None:
        self.bad: list[str] = []

    def run_many(self, calls: object) -> None: ...

    def abandon(self) -> None: ...

    def is_transient(self, error: Exception) -> bool:
        return isinstance(error, ConnectionError)

    def is_calls_fault(self, error: Exception) -> bool:
        return isinstance(error, ValueError)

    def on_bad_call(self, call: Call, error: Exception) -> None:
        self.bad.append(call.id)


@pytest.fixture
def task() -> Task:
    return Task()


def fail(failures: Failures, call_id: str, error: Exception) -> bool:
    """Have a call fail; whether it has to run again."""
    try:
        failures.handle_single(Call(call_id, [], {}), error)
    except TransientError:
        return True
    return False


def test_a_call_is_at_fault_once_it_fails_after_another_succeeded(task: Task) -> None:
    # Given errors that may be every call's
    failures = Failures(task)
    assert all(fail(failures, call, KeyError()) for call in ("a", "b", "a"))
    assert task.bad == []

    # When another call has succeeded
    failures.succeeded()

    # Then a call that fails again is bad, and one that fails for the first time is not
    assert not fail(failures, "a", KeyError())
    assert fail(failures, "c", KeyError())
    assert task.bad == ["a"]


def test_a_transient_error_is_no_calls_fault(task: Task) -> None:
    failures = Failures(task)
    for _ in range(3):
        assert fail(failures, "a", ConnectionError())
        failures.succeeded()
    assert task.bad == []

    # And it does not count against the call later
    assert fail(failures, "a", KeyError())
    assert not fail(failures, "b", ValueError())
    assert task.bad == ["b"]


def test_only_so_many_failed_calls_are_remembered(task: Task) -> None:
    failures = Failures(task)
    for number in range(REMEMBERED + 1):
        fail(failures, str(number), KeyError())
    failures.succeeded()

    # Then the oldest has to fail twice again, and the newest has not
    assert fail(failures, "0", KeyError())
    assert not fail(failures, str(REMEMBERED), KeyError())
