"""Volume profiles in Redis: their bytes, versions and times to live."""

from collections.abc import Callable
from datetime import date
from typing import cast

import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.reference import NOTHING_KNOWN, PreviousDay, Profile, Reference, VolumeProfile
from leaderboard.reference.redis_reference import RedisReference
from leaderboard.reference.volume_profile import TIMES
from tests.support.market import TODAY

KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))
USUAL = VolumeProfile.of([0.1 * n for n in range(TIMES)], 30)
TOMORROW = date(2026, 11, 23)
DAY = 24 * 3600


def test_a_volume_profile_reads_back_as_it_was_learned(redis: Redis) -> None:
    # Given a symbol with a volume profile and one without
    reference = RedisReference(redis)
    assert reference.save(TODAY, {"A": Reference(KNOWN.previous, KNOWN.profile, USUAL), "B": KNOWN}) == 2

    # Then it is known to the last bit, on every day, for eight days
    known, other, nobodys = (each.reference for each in reference.load(TODAY, ["A", "B", "C"]))
    assert known == Reference(KNOWN.previous, KNOWN.profile, USUAL)
    assert (other, nobodys) == (KNOWN, NOTHING_KNOWN)
    assert reference.load(TOMORROW, ["A"])[0].reference.volume_profile == USUAL
    assert 7 * DAY < redis.ttl(keys.volume_profile("A")) <= 8 * DAY

    # And to learn it again changes nothing
    assert reference.save(TODAY, {"A": Reference(volume_profile=USUAL)}) == 0


@pytest.mark.parametrize("answer", [KNOWN, Reference(), None])
def test_an_answer_without_a_volume_profile_leaves_the_stored_one(redis: Redis, answer: Reference | None) -> None:
    reference = RedisReference(redis)
    reference.save(TODAY, {"A": Reference(volume_profile=USUAL)})
    redis.expire(keys.volume_profile("A"), 100)

    reference.save(TODAY, {"A": answer})

    assert reference.load(TODAY, ["A"])[0].reference.volume_profile == USUAL
    assert redis.ttl(keys.volume_profile("A")) <= 100


@pytest.mark.parametrize(
    "spoil",
    [
        lambda redis, key: redis.set(key, "{}"),
        lambda redis, key: redis.append(key, b"\0" * 8),
        lambda redis, key: redis.setrange(key, 0, b"\xff" * 8),
        lambda redis, key: redis.setrange(key, 800, b"\xff" * 8),
        lambda redis, key: redis.delete(key) and redis.lpush(key, 1),
    ],
    ids=["too short", "too long", "no number of sessions", "no mean", "another type"],
)
def test_a_key_that_holds_no_volume_profile_is_unknown_until_the_next_one(
    redis: Redis, caplog: pytest.LogCaptureFixture, spoil: Callable[[Redis, str], object]
) -> None:
    # Given a symbol whose volume profile's key holds something else
    key, reference = keys.volume_profile("A"), RedisReference(redis)
    reference.save(TODAY, {"A": Reference(KNOWN.previous, KNOWN.profile, USUAL)})
    spoil(redis, key)

    # Then the rest of it is known, and the log names the key
    assert reference.load(TODAY, ["A"])[0].reference == KNOWN
    is_string = redis.type(key) == b"string"
    assert (f"{key} holds no reference data" in caplog.text) == is_string

    # And the next volume profile takes its place
    assert reference.save(TODAY, {"A": Reference(volume_profile=USUAL)}) == 1
    assert reference.load(TODAY, ["A"])[0].reference.volume_profile == USUAL


def test_a_copy_lives_no_longer_than_its_volume_profile(redis: Redis) -> None:
    reference = RedisReference(redis)
    reference.save(TODAY, {"A": Reference(KNOWN.previous, KNOWN.profile, USUAL)})
    redis.expire(keys.volume_profile("A"), 100)

    assert reference.load(TODAY, ["A"])[0].valid_for <= 100


@pytest.mark.parametrize("profile_first", [True, False])
def test_a_version_lives_as_long_as_its_volume_profile(redis: Redis, profile_first: bool) -> None:
    # Given a symbol of which figures and a volume profile were learned, in either order, and one without
    reference = RedisReference(redis)
    answers = [Reference(volume_profile=USUAL), KNOWN]
    for answer in answers if profile_first else answers[::-1]:
        reference.save(TODAY, {"A": answer})
    reference.save(TODAY, {"B": KNOWN})

    # Then the first has a version for as long as the volume profile lives, the other as long as its figures do
    def seconds_left(symbol: str) -> float:
        return cast(float, redis.zscore(keys.REFERENCE_EXPIRIES, symbol)) - redis.time()[0]

    assert redis.ttl(keys.volume_profile("A")) < seconds_left("A") < 8 * DAY + 120
    assert redis.ttl(keys.profile("B")) < seconds_left("B") < DAY
