"""The drills, in short: whatever is broken under load, no bar is lost and the boards are the oracle's."""

from collections.abc import Callable, Mapping

import pytest

from tests.chaos.drills.alerts import alerts
from tests.chaos.drills.attack import attack
from tests.chaos.drills.autoscale import autoscale
from tests.chaos.drills.beatless import beatless
from tests.chaos.drills.beats import beats
from tests.chaos.drills.cut import cut
from tests.chaos.drills.down import down
from tests.chaos.drills.early import early
from tests.chaos.drills.flood import flood
from tests.chaos.drills.freeze import freeze
from tests.chaos.drills.full import full
from tests.chaos.drills.history import history
from tests.chaos.drills.kill import kill
from tests.chaos.drills.notify import notify
from tests.chaos.drills.restart import restart
from tests.chaos.drills.screens import screens
from tests.chaos.drills.shard import shard_cut, shard_first, shard_full, shard_killed
from tests.chaos.drills.siege import siege
from tests.chaos.drills.skew import skew
from tests.chaos.drills.stop import stop
from tests.chaos.isolation import run_isolated
from tests.chaos.verdict import Verdict
from tests.support.moved_clock import library
from tests.support.small_disk import mounts

SHARD_DRILLS = (shard_killed, shard_first, shard_cut, shard_full)
SHORT: list[tuple[Callable[..., Verdict], Mapping[str, float | str]]] = [
    (kill, {"bars": 6_000, "rate": 4_000, "kills": 2}),
    (stop, {"bars": 6_000, "rate": 4_000, "times": 2}),
    (down, {"bars": 6_000, "rate": 4_000, "seconds": 1}),
    (restart, {"bars": 6_000, "rate": 4_000, "kills": 1, "away": 0.5, "between": 0}),
    (cut, {"bars": 6_000, "rate": 4_000, "seconds": 3}),
    (freeze, {"bars": 12_000, "rate": 4_000, "freezes": 1, "seconds": 5.5}),
    (full, {"bars": 18_000, "rate": 3_000, "room": 3, "seconds": 0.5}),
    (full, {"bars": 18_000, "rate": 3_000, "room": 3, "seconds": 0.5, "split": False}),
    *((each, {"bars": 12_000, "rate": 2_000, "seconds": 3}) for each in SHARD_DRILLS),
    (autoscale, {"bars": 40_000, "workers": 2, "cooldown": 2}),
    (screens, {"symbols": 100, "rate": 500, "seconds": 12, "between": 4, "spared": 2}),
    (alerts, {"symbols": 100, "rate": 500, "seconds": 12, "between": 4, "spared": 2}),
    (
        history,
        {
            "symbols": 200,
            "rate": 1_000,
            "seconds": 15,
            "between": 2,
            "away": 0.5,
            "full": 2 * mounts(),
            "room": 200,
        },
    ),
    (notify, {"rate": 500, "away": 5, "kills": 1, "between": 3, "spared": 2}),
    (siege, {"bars": 12_000, "kills": 4, "restarts": 1, "moments": 3, "rate": 4_000, "away": 0.5}),
    (flood, {"rate": 8_000, "seconds": 3, "least": 5}),
    (attack, {"seconds": 3, "only": "parameters"}),
]
MOVING_CLOCKS: list[tuple[Callable[..., Verdict], Mapping[str, float | str]]] = [
    (beatless, {"symbols": 200}),
    (beats, {"symbols": 100, "frozen": 8, "spared": 1}),
    (skew, {"symbols": 100, "seconds": 6}),
    (early, {"symbols": 200}),
]


@pytest.mark.parametrize(("drill", "scale"), SHORT, ids=lambda value: getattr(value, "__name__", ""))
def test_nothing_is_lost(drill: Callable[..., Verdict], scale: Mapping[str, float | str]) -> None:
    # When something is broken while bars stream
    verdict = run_isolated(drill, **scale)

    # Then every bar is on the boards, and what else the drill promises holds
    assert verdict.is_sound, verdict


@pytest.mark.skipif(library() is None, reason="needs libfaketime, of Debian's package faketime")
@pytest.mark.parametrize(("drill", "scale"), MOVING_CLOCKS, ids=lambda value: getattr(value, "__name__", ""))
def test_nothing_is_lost_whatever_clocks_and_beats_do(
    drill: Callable[..., Verdict], scale: Mapping[str, float | str]
) -> None:
    # When beats or clocks fail while sessions begin
    verdict = run_isolated(drill, **scale)

    # Then every bar is on the boards, and each session began in time
    assert verdict.is_sound, verdict
