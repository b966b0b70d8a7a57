"""How many workers a queue asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.autoscale.policy import LATE, Decision, Memory, Policy, Sample

POLICY = Policy(1, 8)

policies = st.tuples(st.integers(1, 20), st.integers(0, 20), st.integers(1, 10_000)).map(
    lambda drawn: Policy(drawn[0], drawn[0] + drawn[1], drawn[2])
)
depths = st.integers(0, 1_000_000)
ages = st.none() | st.floats(0, 10_000)
moments = st.floats(0, 10_000)
memories = st.builds(
    Memory,
    cooling_since=st.none() | moments,
    cooldown_factor=st.floats(1, 60),
    scaled_out_at=st.none() | moments,
    scaled_in_at=st.none() | moments,
)


def sample(
    waiting: int = 0, workers: int = 1, *, in_flight: int = 0, age: float | None = None, at: float = 0
) -> Sample:
    return Sample(waiting, in_flight, age, workers, at)


def fleet_after(policy: Policy, samples: Sequence[tuple[int, float | None]], workers: int) -> list[Decision]:
    """What becomes of a fleet that sees such depths and ages, one each second."""
    memory, decisions = Memory(), []
    for second, (depth, age) in enumerate(samples):
        decision = policy.decide(sample(depth, workers, age=age, at=second), memory)
        memory, workers = decision.memory, decision.workers
        decisions.append(decision)
    return decisions


# --- growing


def test_depth_grows_the_fleet_at_once() -> None:
    """Given one worker, when there are bars for three, then there are three, for bars in flight count as well."""
    decision = POLICY.decide(sample(12_000, in_flight=1_000), Memory())

    assert decision.workers == 3
    assert decision.reason == "13,000 bars need 3, one for each 5,000"


def test_late_bars_add_one_worker_and_wait_for_it_to_work() -> None:
    """Given a shallow queue whose bars are late, then there is one more worker, and another ten seconds later."""
    late = [(4_000, LATE + 1)] * 11

    decisions = fleet_after(POLICY, late, workers=1)

    assert [each.workers for each in decisions] == [2] * 10 + [3]
    assert decisions[0].reason == "the oldest bar ended 6.0 s ago, more than 5"


def test_a_few_late_bars_are_no_backlog() -> None:
    """Given a feed that is itself behind, when a handful of its bars wait, then nothing changes."""
    assert POLICY.decide(sample(20, age=60), Memory()).workers == 1


# --- shrinking


def test_silence_shrinks_the_fleet_one_by_one() -> None:
    """Given four workers, when nothing waits, then one leaves each half minute."""
    decisions = fleet_after(POLICY, [(0, None)] * 121, workers=4)

    assert [each.workers for each in decisions] == [4] * 30 + [3] * 30 + [2] * 30 + [1] * 31
    assert decisions[30].reason == "for 30 s one less would have been enough"


def test_one_busy_moment_begins_the_cooldown_anew() -> None:
    """Given two workers in a cooldown, when bars for more than half of one wait for a second, then both stay."""
    decisions = fleet_after(POLICY, [(0, None)] * 29 + [(2_501, None)] + [(0, None)] * 30, workers=2)

    assert {each.workers for each in decisions} == {2}


def test_a_worker_that_had_to_come_back_stays_twice_as_long() -> None:
    """Given a worker that left and came back, when the queue is empty again, then it stays for a minute."""
    decisions = fleet_after(POLICY, [(0, None)] * 31 + [(5_001, None)] + [(0, None)] * 61, workers=2)

    assert [each.workers for each in decisions] == [2] * 30 + [1] + [2] * 61 + [1]


def test_a_fleet_that_is_too_large_is_cut() -> None:
    """Given more workers than there may be, whatever the depth, then there are as many as there may be."""
    assert POLICY.decide(sample(90_000, 12), Memory()).workers == 8
    assert POLICY.decide(sample(0, 0), Memory()).workers == 1


# --- properties


@given(policies, depths, depths, ages, st.integers(0, 50), moments, memories)
def test_never_outside_its_bounds(
    policy: Policy, waiting: int, in_flight: int, age: float | None, workers: int, at: float, memory: Memory
) -> None:
    decision = policy.decide(sample(waiting, workers, in_flight=in_flight, age=age, at=at), memory)

    assert policy.least <= decision.workers <= policy.most
    assert decision.reason


@given(policies, depths, depths, ages, st.integers(0, 50), moments, memories)
def test_a_deeper_queue_never_gets_fewer(
    policy: Policy, shallow: int, more: int, age: float | None, workers: int, at: float, memory: Memory
) -> None:
    few = policy.decide(sample(shallow, workers, age=age, at=at), memory)
    many = policy.decide(sample(shallow + more, workers, age=age, at=at), memory)

    assert few.workers <= many.workers


@given(policies, depths, ages, st.integers(1, 40))
def test_an_unchanging_queue_ends_in_one_size_that_is_reached_without_turning_back(
    policy: Policy, depth: int, age: float | None, workers: int
) -> None:
    decisions = fleet_after(policy, [(depth, age)] * 1_500, workers)

    sizes = [each.workers for each in decisions]
    # Only the first step may be one into the bounds.
    assert sizes[1:] in (sorted(sizes[1:]), sorted(sizes[1:], reverse=True))
    assert len(set(sizes[-60:])) == 1


@dataclass
class Works:
    """A queue that fills at one rate and that each worker empties at another, bars a second."""

    load: float
    capacity: float

    def sizes(self, policy: Policy, seconds: int) -> list[int]:
        memory, workers, depth = Memory(), policy.least, 0.0
        sizes = []
        for second in range(seconds):
            depth = max(0.0, depth + self.load - workers * self.capacity)
            decision = policy.decide(sample(int(depth), workers, at=second), memory)
            memory, workers = decision.memory, decision.workers
            sizes.append(workers)
        return sizes


@settings(max_examples=25)
@example(load=1057.0, capacity=524.0)
@given(st.floats(0, 40_000), st.floats(500, 20_000))
def test_a_steady_load_is_carried_without_flapping(load: float, capacity: float) -> None:
    hour = 3_600

    sizes = Works(load, capacity).sizes(Policy(1, 8), 3 * hour)[hour:]

    # Down and up again once in ten minutes at most, once the fleet knows the load.
    assert sum(before != after for before, after in pairwise(sizes)) <= 2 * 2 * 6


# --- bounds


@pytest.mark.parametrize(("least", "most", "per_worker"), [(2, 1, 1), (-1, 1, 1), (0, 0, 1), (1, 1, 0)])
def test_bounds_that_cannot_be_are_refused(least: int, most: int, per_worker: int) -> None:
    with pytest.raises(ValueError, match=r"the first figure is the smaller one|at least one"):
        Policy(least, most, per_worker)
