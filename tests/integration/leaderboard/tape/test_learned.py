"""Reference data that is learned is on the tape."""

from collections.abc import Sequence

import msgspec
import pytest
from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.reference.volume_profile import TIMES, VolumeProfile
from leaderboard.system import System
from leaderboard.tape.entries import Entry, Learned
from tests.integration.leaderboard.tape.conftest import Recorded
from tests.support.market import TODAY

USUAL = VolumeProfile.of([float(n) for n in range(TIMES)], 30)


def learned(entries: Sequence[Entry]) -> list[Learned]:
    return [entry for entry in entries if isinstance(entry, Learned)]


def test_what_is_stored_of_symbols_that_changed_is_on_the_tape(
    system: System, redis: Redis, recorded: Recorded
) -> None:
    # When reference data of two symbols comes, and then again with one figure less and one changed
    known = {"A": Reference(PreviousDay(close=8), Profile(200, 5e6), USUAL), "B": Reference(PreviousDay(close=3))}
    system.reference.learn(TODAY, known)
    system.reference.learn(TODAY, known | {"B": Reference(PreviousDay(open=2))})

    # Then the tape has what is stored then, of the symbols that changed
    first, second = learned(recorded())
    assert first.day == int(f"{TODAY:%Y%m%d}")
    assert list(first.symbols) == ["A", "B"]
    assert msgspec.json.decode(first.symbols["A"].profile) == {"avg_volume": 200, "free_float": 5e6}
    assert first.symbols["A"].volume_profile == USUAL.packed
    assert list(second.symbols) == ["B"]
    assert second.version.encode() == redis.hget(keys.REFERENCE_VERSIONS, "B")
    assert second.symbols["B"].previous.encode() == redis.get(keys.previous_day("B", TODAY))
    assert msgspec.json.decode(second.symbols["B"].previous).items() >= {"open": 2, "close": 3}.items()
    assert second.symbols["B"].volume_profile == b""


def test_much_reference_data_takes_the_room_of_many_bars(system: System, recorded: Recorded) -> None:
    system.reference.learn(TODAY, {f"S{n}": Reference(volume_profile=USUAL) for n in range(100)})

    (entry,) = learned(recorded())
    assert entry.position > 1_500


def test_nothing_new_is_not_recorded(system: System, redis: Redis, recorded: Recorded) -> None:
    known = {"A": Reference(PreviousDay(close=8))}
    system.reference.learn(TODAY, known)
    system.reference.learn(TODAY, known)
    redis.delete(keys.RECORDING)
    system.reference.learn(TODAY, {"B": Reference(PreviousDay(close=8))})

    assert len(learned(recorded())) == 1


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("key", [keys.TAPE, keys.SESSION])
def test_a_key_of_another_type_is_named_before_anything_is_stored(system: System, redis: Redis, key: str) -> None:
    redis.delete(key)
    redis.sadd(key, "x")

    with pytest.raises(ResponseError, match=f"WRONGKEY {key}"):
        system.reference.learn(TODAY, {"A": Reference(PreviousDay(close=8))})

    assert not redis.exists(keys.REFERENCE_VERSIONS)
