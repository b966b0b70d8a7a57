"""The drills, in short: whatever is broken under load, no bar is lost and the boards are the oracle's."""

from tests.drills.apart import apart
from tests.drills.kill import kill
from tests.drills.stop import stop


def test_workers_are_killed() -> None:
    # When one of two workers is killed again and again while bars stream
    verdict = apart(kill, bars=8_000, rate=4_000, kills=2)

    # Then nothing is lost
    assert verdict.is_sound, verdict


def test_workers_are_stopped() -> None:
    # When workers are told to stop in the middle of their work
    verdict = apart(stop, bars=12_000, rate=4_000, times=2)

    # Then nothing is lost, and they keep nothing to themselves
    assert verdict.is_sound, verdict
