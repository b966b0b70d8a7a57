"""What a worker counts of its bars, and which of them it shows."""

from leaderboard.reason_kind import ReasonKind
from leaderboard.validation import Refused
from tasks.bar_reports.tally import FAILED_MOST, Sampled, Tally, Totals
from tasks.fastlane.call import Call


def batch(size: int, *refused: int) -> tuple[list[Call], list[Refused]]:
    """A batch of calls, and those of them that were refused."""
    calls = [Call(f"id{n}", b'[{"sym": "A"}]', {}) for n in range(size)]
    return calls, [Refused({}, f"reason {n}", ReasonKind.FIELD, index=n) for n in refused]


def test_bars_are_counted_in_batches_and_alone() -> None:
    tally = Tally()

    tally.add_batch(*batch(500, 3, 4), 100.0)
    tally.add_batch(*batch(20), 101.0)
    tally.add(Sampled("alone", [], {}, 102.0, 0.1))
    tally.add(Sampled("bad", [], {}, 102.0, 0.1, "TypeError: no"))

    assert tally.totals == Totals(succeeded=519, failed=3)


def test_the_sample_has_one_bar_that_succeeded_and_those_that_failed() -> None:
    # Given three batches, of which the first has its first bar refused
    tally = Tally()
    for refused in ([0, 2], [1], []):
        tally.add_batch(*batch(5, *refused), 100.0)
    # When the sample is taken
    sample = tally.take_sample()
    # Then it has each bar that failed, with its own reason, and one that did not
    assert [(bar.id, bar.reason) for bar in sample] == [
        ("id1", None),
        ("id0", "reason 0"),
        ("id2", "reason 2"),
        ("id1", "reason 1"),
    ]
    assert sample[0].args == [{"sym": "A"}]
    assert sample[0].started == 100.0
    assert sample[0].runtime > 0
    # And the next one begins anew
    assert tally.take_sample() == []
    tally.add_batch(*batch(5), 103.0)
    assert [bar.id for bar in tally.take_sample()] == ["id0"]


def test_of_a_flood_of_dead_letters_the_sample_has_ten() -> None:
    tally = Tally()

    for _ in range(3):
        tally.add_batch(*batch(8, *range(8)), 100.0)
    tally.add(Sampled("one more", [], {}, 100.0, 0.1, "bad"))

    assert len(tally.take_sample()) == FAILED_MOST
    assert tally.totals == Totals(succeeded=0, failed=25)


def test_a_worker_that_starts_counts_from_0_under_another_incarnation() -> None:
    tally = Tally()
    tally.add_batch(*batch(5, 1), 100.0)
    before = tally.incarnation

    tally.restart()

    assert tally.incarnation != before
    assert tally.totals == Totals()
    assert tally.take_sample() == []
