"""The runner of batches: which calls run, which are dead, and which wait."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.connections.pending import Pending
from tasks.fastlane.call import Call
from tasks.fastlane.consuming.batch_runner import ASIDE, FAILED_ALONE, IN_FLIGHT, Batch, BatchRunner
from tasks.fastlane.consuming.failures import PartlyDoneError, TransientError


class Task:
    """A task some of whose calls are bad, each call being its number.

    Args:
        partial: it runs one call after the other, and has run those before the bad one when it fails.
        later: its batches stay in flight, and run when their results are asked for.
    """

    def __init__(self, bad: Sequence[int] = (), partial: bool = False, later: bool = False) -> None:
        self.bad = {*bad}
        self.runs = Counter[int]()
        self.dead: list[int] = []
        self.away = False
        self.dead_letters_away = False
        self._partial = partial
        self._later = later
        self.in_flight = 0
        self.failures = 0

    def run_many(self, calls: Sequence[Call]) -> Pending[None] | None:
        if not self._later:
            self._run_all(calls)
            return None
        self.in_flight += 1
        # No more are in flight before the first of them ends.
        assert self.in_flight <= IN_FLIGHT + 1

        def end() -> None:
            self.in_flight -= 1
            self._run_all(calls)

        return Pending(end)

    def _run_all(self, calls: Sequence[Call]) -> None:
        if self.away:
            self.failures += 1
            raise ConnectionError("away")
        numbers = [call.args[0] for call in calls]
        if self._partial:
            for number in numbers:
                self._run(number)
        elif self.bad & {*numbers}:
            raise ValueError("bad")
        else:
            self.runs.update(numbers)

    def _run(self, number: int) -> None:
        if number in self.bad:
            raise ValueError("bad")
        self.runs[number] += 1

    def is_transient(self, error: Exception) -> bool:
        return isinstance(error, ConnectionError)

    def is_calls_fault(self, error: Exception) -> bool:
        return True

    def abandon(self) -> None:
        self.in_flight = 0

    def on_bad_call(self, call: Call, error: Exception) -> None:
        if self.dead_letters_away:
            raise ConnectionError("dead letters are away")
        assert isinstance(error, ValueError)
        self.dead.append(call.args[0])


def batch(numbers: Sequence[int]) -> Batch:
    return Batch([Call(str(number), [number], {}) for number in numbers], [f"tag-{number}" for number in numbers])


def always() -> bool:
    return True


def number_of(tag: str) -> int:
    return int(tag.removeprefix("tag-"))


def tags(numbers: Sequence[int]) -> list[str]:
    return [f"tag-{number}" for number in numbers]


@given(
    sizes=st.lists(st.integers(0, 40), max_size=4),
    bad=st.sets(st.integers(0, 160)),
    partial=st.booleans(),
    later=st.booleans(),
)
def test_the_bad_are_dead_and_all_others_run(sizes: list[int], bad: set[int], partial: bool, later: bool) -> None:
    # Given batches, any of whose calls are bad
    task, done = Task(sorted(bad), partial, later), list[str]()
    runner = BatchRunner(task, done.extend)
    first = 0
    for size in sizes:
        runner.add(batch(range(first, first + size)))
        first += size

    # When they are run to their end
    runner.run(always)
    runner.settle(always)

    # Then exactly the bad are dead, once, and all others run
    assert sorted(task.dead) == sorted(bad & {*range(first)})
    assert {*task.runs} == {*range(first)} - bad
    assert partial or set(task.runs.values()) <= {1}

    # And each is acknowledged once, in their order where no batch stays in flight
    assert (sorted(done, key=number_of) if later else done) == tags(range(first))


@given(size=st.integers(1, 300), bad=st.data())
def test_few_bad_calls_cost_few_runs(size: int, bad: st.DataObject) -> None:
    # Given one bad call in a batch
    runs = 0

    class Counting(Task):
        def _run_all(self, calls: Sequence[Call]) -> None:
            nonlocal runs
            runs += 1
            super()._run_all(calls)

    task = Counting([bad.draw(st.integers(0, size - 1))])
    runner = BatchRunner(task, lambda _: None)
    runner.add(batch(range(size)))

    # Then it is found by halving
    runner.run(always)
    assert runs <= 1 + 2 * (size - 1).bit_length()


@given(
    size=st.integers(1, 60),
    bad=st.sets(st.integers(0, 59)),
    outages=st.lists(st.integers(0, 12), max_size=6),
    dead_letters=st.booleans(),
    later=st.booleans(),
)
def test_what_is_away_is_waited_for(
    size: int, bad: set[int], outages: list[int], dead_letters: bool, later: bool
) -> None:
    # Given a task that, now and then, cannot run or dead-letter anything
    steps = 0
    away_at = {sum(outages[: n + 1]) for n in range(len(outages))}

    class Unsteady(Task):
        def _run_all(self, calls: Sequence[Call]) -> None:
            nonlocal steps
            steps += 1
            self.away, self.dead_letters_away = (
                not dead_letters and steps in away_at,
                dead_letters and steps in away_at,
            )
            super()._run_all(calls)

    task, done = Unsteady(sorted(bad), later=later), list[str]()
    runner = BatchRunner(task, done.extend)
    # In three batches, or in as many as there are calls
    third = max(1, size // 3)
    for first in range(0, min(size, 3 * third), third):
        runner.add(batch(range(first, size if first == 2 * third else min(size, first + third))))

    # When it is run again after each outage
    for _ in range(len(away_at) + 1):
        try:
            runner.run(always)
            runner.settle(always)
        except TransientError:
            assert len(done) < size

    # Then the outcome is the same as ever
    assert sorted(task.dead) == sorted(bad & {*range(size)})
    assert {*task.runs} == {*range(size)} - bad
    assert sorted(done, key=number_of) == tags(range(size))


@pytest.mark.parametrize("order", [["add", "run"], ["add", "add", "run"]])
def test_nothing_is_acknowledged_before_it_ran(order: list[str]) -> None:
    # Given a task that cannot run now
    task, done = Task(), list[str]()
    task.away = True
    runner = BatchRunner(task, done.extend)

    # When its calls are tried
    for number, step in enumerate(order):
        if step == "add":
            runner.add(batch([number]))
    with pytest.raises(TransientError, match="away"):
        runner.run(always)

    # Then they wait, and nothing is dead
    assert (done, task.dead) == ([], [])
    task.away = False
    runner.run(always)
    assert done == tags(range(len(order) - 1))


class ServerError(Exception):
    """May be every call's."""


class Refused(Task):
    """A task whose server refuses its calls, all of them or the bad ones."""

    def __init__(self, bad: Sequence[int] = (), all_of_them: bool = False) -> None:
        super().__init__(bad)
        self.all_of_them = all_of_them
        self.attempts = 0

    def _run_all(self, calls: Sequence[Call]) -> None:
        self.attempts += 1
        numbers = [call.args[0] for call in calls]
        if self.all_of_them or self.bad & {*numbers}:
            raise ServerError
        self.runs.update(numbers)

    def is_calls_fault(self, error: Exception) -> bool:
        return not isinstance(error, ServerError)

    def on_bad_call(self, call: Call, error: Exception) -> None:
        self.dead.append(call.args[0])


def settled(runner: BatchRunner, attempts: int) -> None:
    """Run what waits, again after each transient error."""
    for _ in range(attempts):
        try:
            runner.run(always)
            runner.settle(always)
            return
        except TransientError:
            pass
    raise AssertionError(f"not within {attempts} attempts")


@pytest.mark.parametrize("size", [1, 2, 16, 500])
def test_what_fails_for_every_call_makes_none_dead(size: int) -> None:
    # Given a server that refuses everything
    task, done = Refused(all_of_them=True), list[str]()
    runner = BatchRunner(task, done.extend)
    runner.add(batch(range(size)))

    # When the calls are tried again and again
    for attempt in range(1, 20):
        with pytest.raises(TransientError, match="ServerError"):
            runner.run(always)

        # Then none is dead, and each attempt costs a few runs
        assert (done, task.dead) == ([], [])
        assert task.attempts <= 2 * attempt * (FAILED_ALONE + size.bit_length())

    # And once it takes them, all have run
    task.all_of_them = False
    runner.run(always)
    assert sorted(done, key=number_of) == tags(range(size))
    assert task.runs == dict.fromkeys(range(size), 1)


@given(sizes=st.lists(st.integers(1, 40), max_size=4), bad=st.sets(st.integers(0, 160)), first=st.booleans())
def test_what_a_server_refuses_of_some_calls_is_dead_once_others_succeed(
    sizes: list[int], bad: set[int], first: bool
) -> None:
    # Given calls some of which a server refuses, perhaps all of them at first, and one that it will take
    size = sum(sizes) + 1
    task, done = Refused(sorted(bad - {size - 1}), all_of_them=first), list[str]()
    runner = BatchRunner(task, done.extend)
    start = 0
    for length in [*sizes, 1]:
        runner.add(batch(range(start, start + length)))
        start += length
    if first:
        with pytest.raises(TransientError):
            runner.run(always)
        task.all_of_them = False

    # When they are run
    settled(runner, attempts=size)

    # Then those alone are dead, and all others have run
    assert sorted(task.dead) == sorted(task.bad & {*range(size)})
    assert {*task.runs} == {*range(size)} - task.bad
    assert sorted(done, key=number_of) == tags(range(size))


def test_a_call_that_alone_is_left_waits_until_another_succeeds() -> None:
    # Given one call that a server refuses, and no other
    task, done = Refused([0]), list[str]()
    runner = BatchRunner(task, done.extend)
    runner.add(batch([0]))
    for _ in range(3):
        with pytest.raises(TransientError):
            runner.run(always)
    assert task.dead == []

    # When another call succeeds, then the first is dead
    runner.add(batch([1]))
    runner.run(always)
    assert task.dead == [0]
    assert sorted(done) == tags(range(2))


def test_a_call_that_cannot_be_dead_waits() -> None:
    # Given a bad call, with nowhere to dead-letter it
    task, done = Task([1]), list[str]()
    task.dead_letters_away = True
    runner = BatchRunner(task, done.extend)
    runner.add(batch([0, 1, 2]))

    # When the batch is run, then the call waits and those behind it with it
    with pytest.raises(TransientError, match="dead letters are away"):
        runner.run(always)
    assert done == ["tag-0"]

    # Until it can be dead
    task.dead_letters_away = False
    runner.run(always)
    assert task.dead == [1]
    assert done == tags(range(3))


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_worker_that_stops_starts_nothing(batches: int) -> None:
    # Given three batches, and a worker that stops after some of them
    task, done = Task(), list[str]()
    runner = BatchRunner(task, done.extend)
    for number in range(3):
        runner.add(batch([number]))

    # Then the others neither run nor are acknowledged
    runner.run(lambda: len(done) < batches)
    assert (sorted(task.runs), done) == ([*range(batches)], tags(range(batches)))


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_an_end_of_the_process_is_no_failure(end: Callable[[], BaseException]) -> None:
    # Given a task in whose midst the process is ended
    class Ending(Task):
        def _run_all(self, calls: Sequence[Call]) -> None:
            raise end()

    done = list[str]()
    runner = BatchRunner(Ending(), done.extend)
    runner.add(batch([0, 1]))

    # Then it ends, and nothing is acknowledged
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        runner.run(always)
    assert done == []


def test_a_lost_acknowledgement_does_not_run_the_next_batch_twice() -> None:
    # Given somebody to acknowledge to who fails once
    task = Task()
    done: list[str] = []

    def acknowledge(some: Sequence[str]) -> None:
        done.extend(some)
        if len(done) == 1:
            raise ConnectionError("away")

    runner = BatchRunner(task, acknowledge)
    runner.add(batch([0]))
    runner.add(batch([1]))

    # When the batches are run, and the rest after the failure
    with pytest.raises(ConnectionError):
        runner.run(always)
    runner.run(always)

    # Then each has run once
    assert task.runs == {0: 1, 1: 1}


def test_what_is_in_flight_is_finished_although_no_more_is_started() -> None:
    # Given a batch in flight, and another that has not started when the worker stops
    task, done = Task(later=True), list[str]()
    runner = BatchRunner(task, done.extend)
    runner.add(batch([0]))
    runner.run(always)
    runner.add(batch([1]))
    assert done == []

    # When the runner settles
    runner.settle(lambda: False)

    # Then the first has run, and only that
    assert (task.runs, done, task.in_flight) == ({0: 1}, ["tag-0"], 0)


def test_what_is_in_flight_at_the_close_is_given_up_once_it_fails() -> None:
    # Given batches in flight, and another that has not started
    task, done = Task(later=True), list[str]()
    runner = BatchRunner(task, done.extend)
    for number in range(IN_FLIGHT):
        runner.add(batch([number]))
        runner.run(always)
    runner.add(batch([IN_FLIGHT]))

    # When what they need is away, and there is no time to wait for it
    task.away = True
    runner.close()

    # Then one has been waited for and the others let go of, and none counts as done
    assert (task.in_flight, task.failures, done) == (0, 1, [])

    # And all of them can still be run
    task.away = False
    runner.settle(always)
    assert task.runs == dict.fromkeys(range(IN_FLIGHT + 1), 1)


def test_the_oldest_batch_is_waited_for_once_enough_are_in_flight() -> None:
    # Given a task that notes which batches start and which end
    notes: list[str] = []

    class Noting(Task):
        def run_many(self, calls: Sequence[Call]) -> Pending[None]:
            number = calls[0].args[0]
            notes.append(f"begin {number}")
            return Pending(lambda: notes.append(f"end {number}"))

    runner = BatchRunner(Noting(), lambda tags: notes.append(f"done {tags[0]}"))

    # When more batches are run than may be in flight at once
    last = IN_FLIGHT + 1
    for number in range(last + 1):
        runner.add(batch([number]))
        runner.run(always)
    runner.settle(always)

    # Then each starts before the oldest in flight ends, and all end in their order
    ends = [each for number in range(last + 1) for each in (f"end {number}", f"done tag-{number}")]
    assert [each for each in notes if not each.startswith("begin")] == ends
    assert notes[: IN_FLIGHT + 2] == [*(f"begin {number}" for number in range(IN_FLIGHT + 1)), "end 0"]
    assert notes.index(f"begin {last}") < notes.index("end 1")


class Divided(Task):
    """A task over three servers, some of which are away: calls cannot run whose number, modulo 3, is theirs.

    Attributes:
        remainders: those of the servers that are away.
        tried: the numbers of the calls that were run together, each time.
    """

    def __init__(self, later: bool = False) -> None:
        super().__init__(later=later)
        self.remainders: tuple[int, ...] = (0,)
        self.tried: list[list[int]] = []

    def _run_all(self, calls: Sequence[Call]) -> None:
        numbers = [call.args[0] for call in calls]
        self.tried.append(numbers)
        left = [place for place, number in enumerate(numbers) if self.away and number % 3 in self.remainders]
        self.runs.update({*numbers} - {numbers[place] for place in left})
        if left:
            raise PartlyDoneError(left, ConnectionError(f"away: {numbers[left[0]] % 3}"))


@pytest.mark.parametrize("later", [False, True])
def test_calls_that_are_left_wait_while_others_run(later: bool) -> None:
    # Given a task one of whose servers is away
    task, done = Divided(later=later), list[str]()
    task.away = True
    runner = BatchRunner(task, done.extend)

    # When batches are run
    for first in (0, 10, 20):
        runner.add(batch(range(first, first + 10)))
    runner.settle(always)

    # Then only the calls of that server are left, also if they are tried again
    others = [number for number in range(30) if number % 3]
    for _ in range(2):
        assert sorted(done, key=number_of) == tags(others)
        assert runner.aside == 10
        runner.resume()
        runner.settle(always)

    # And they run once it is back
    task.away = False
    runner.resume()
    runner.settle(always)
    assert sorted(done, key=number_of) == tags(range(30))
    assert runner.aside == 0
    assert {*task.runs.values()} == {1}


def test_one_batch_tries_whether_the_server_is_back() -> None:
    # Given calls of many batches that wait for a server
    task, done = Divided(), list[str]()
    task.away = True
    runner = BatchRunner(task, done.extend)
    for first in range(0, 100, 10):
        runner.add(batch(range(first, first + 10)))
    runner.settle(always)
    task.tried.clear()

    # When they resume while it is away, then a single batch is tried, each time another one
    for _ in range(3):
        runner.resume()
        runner.settle(always)
    assert [len(calls) for calls in task.tried] == [4, 3, 3]
    assert len({*chain.from_iterable(task.tried)}) == 10

    # And all run once one of them does
    task.away = False
    runner.resume()
    runner.settle(always)
    assert sorted(done, key=number_of) == tags(range(100))


def test_calls_wait_by_what_they_wait_for() -> None:
    # Given calls that wait for two servers
    task, done = Divided(), list[str]()
    task.away, task.remainders = True, (0, 1)
    runner = BatchRunner(task, done.extend)
    for remainder in (0, 1):
        for first in range(0, 30, 10):
            runner.add(batch([number for number in range(first, first + 10) if number % 3 == remainder]))
    runner.settle(always)

    # When one of them is back
    task.remainders = (0,)
    runner.resume()
    runner.settle(always)

    # Then all of its calls run, and those of the other wait
    assert sorted(done, key=number_of) == tags(range(1, 30, 3))
    assert runner.aside == 10


def test_all_calls_wait_if_too_many_are_left() -> None:
    # Given a task one of whose servers is away, and more of its calls than may be put aside
    task, done, count = Divided(later=True), list[str](), 3 * ASIDE + 30_000
    task.away = True
    runner = BatchRunner(task, done.extend)
    for first in range(0, count, 30_000):
        runner.add(batch(range(first, first + 30_000)))

    # When they are run, then all wait at some time, and also if they are retried
    for _ in range(2):
        with pytest.raises(TransientError):
            runner.settle(always)
    assert 0 < runner.aside <= ASIDE

    # And none is lost
    task.away = False
    runner.resume()
    runner.settle(always)
    assert sorted(map(number_of, done)) == [*range(count)]
