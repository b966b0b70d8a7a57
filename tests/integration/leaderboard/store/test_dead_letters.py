"""Dead letters: every refused event with its reason, listed, mended, sent again, purged."""

import json
from collections.abc import Callable

import pytest
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.reason_kind import ReasonKind
from leaderboard.store.dead_letters import BYTES_PER_LETTER, MAX_PAYLOAD, DeadLetters
from leaderboard.system import System
from leaderboard.validation import Refused
from tests.support.boards import scores
from tests.support.market import bar
from tests.support.messages.malformed import MALFORMED


def test_every_malformed_event_is_kept_with_its_reason(system: System, redis: Redis) -> None:
    # Given a batch in which malformed events stand among good ones; time is what events say here, so that none is
    # of the future
    malformed = [each for each in MALFORMED if each[1] != "in the future"]
    good = [bar(f"S{n}", "09:30:00") for n in range(len(malformed))]
    mixed = [each for pair in zip(good, (payload for payload, _ in malformed), strict=True) for each in pair]

    # When they are processed
    done = system.process(mixed)

    # Then all good ones and no others are on the boards, and each bad one is a dead letter that says why
    assert done.dead == len(malformed) >= 40
    assert set(scores(redis)["volume"]) == {f"S{n}" for n in range(len(malformed))}
    letters = list(system.dead_letters)
    assert len(letters) == len(malformed)
    for letter, (_, reason) in zip(letters, malformed, strict=True):
        assert reason in letter.reason
        json.loads(letter.payload)


def test_the_stream_is_capped(redis: Redis, redis_url: str) -> None:
    # Given room for five
    system = System.from_settings(Settings(redis_url=redis_url, dead_letters=5))

    # When seven events are refused
    for n in range(7):
        system.process([{"sym": f"S{n}"}])

    # Then the newest five are kept
    assert [json.loads(letter.payload)["sym"] for letter in system.dead_letters] == [f"S{n}" for n in range(2, 7)]


def ordinary(number: int) -> Refused:
    """The letter of a bar with all the fields that the service sends, and of the task that brought it."""
    fields = {"ev": "A", "av": 1_234_567, "op": 25.66, "vw": 25.3981, "a": 25.3714, "z": 50, "c": None}
    payload = bar(f"S{number}", "09:30:00", close=25.39) | fields
    task = f"00000000-0000-4000-8000-{number:012}"
    return Refused(payload, "close: Input should be a valid number, got None", ReasonKind.FIELD, task=task)


def longest(number: int) -> Refused:
    """A letter as long as one can be."""
    payload = {"sym": f"S{number}", "note": "x" * (MAX_PAYLOAD - 40)}
    return Refused(payload, "\U0001f4a5" * 5_000, ReasonKind.MESSAGE, task="t" * 255)


def test_letters_are_bounded_in_bytes(redis: Redis) -> None:
    # Given room for 2,000 ordinary letters, and as many of them
    letters = DeadLetters(redis, most=2_000)
    ordinary_ones = [ordinary(number) for number in range(2_000)]
    letters.add(ordinary_ones)
    assert len(letters) == 2_000
    assert int(redis.memory_usage(keys.DEAD, samples=0) or 0) <= 2_000 * BYTES_PER_LETTER * 16 / 15

    # When as many come that are as long as they can be
    for start in range(0, 2_000, 100):
        letters.add([longest(n) for n in range(start, start + 100)])

    # Then the newest are kept, as many as the same room holds
    assert int(redis.memory_usage(keys.DEAD, samples=0) or 0) <= 2_000 * BYTES_PER_LETTER * 16 / 15
    kept = [json.loads(letter.payload)["sym"] for letter in letters]
    assert kept == [f"S{n}" for n in range(2_000 - len(kept), 2_000)]
    assert len(kept) > 140

    # And short ones find all of their room again
    letters.add(ordinary_ones)
    assert len(letters) == 2_000


@pytest.mark.parametrize("how", ["absent", "junk", "another type", "removed", "purged"])
def test_the_bytes_of_letters_are_known_whatever_became_of_their_count(redis: Redis, how: str) -> None:
    # Given letters up to the bound, and a count of their bytes that is gone, or those that are removed
    letters = DeadLetters(redis, most=100)
    letters.add([longest(n) for n in range(100)])
    number = len(letters)
    if how == "absent":
        redis.delete(keys.DEAD_BYTES)
    elif how == "junk":
        redis.set(keys.DEAD_BYTES, "junk")
    elif how == "another type":
        redis.delete(keys.DEAD_BYTES)
        redis.lpush(keys.DEAD_BYTES, "x")
    elif how == "removed":
        assert letters.remove([each.id for each in letters][:-1]) == number - 1
    else:
        assert letters.purge() == number

    # When more come
    letters.add([longest(n) for n in range(100)])

    # Then as many are kept as before
    assert len(letters) == number
    redis.delete(keys.DEAD_BYTES)


def test_the_newest_letter_is_kept_though_it_is_too_long(redis: Redis) -> None:
    letters = DeadLetters(redis, most=1)
    letters.add([longest(1), longest(2)])

    assert [json.loads(letter.payload)["sym"] for letter in letters] == ["S2"]


def test_more_letters_than_one_page_are_listed(system: System) -> None:
    system.process([{"sym": f"S{n}"} for n in range(1203)])

    assert len(list(system.dead_letters)) == len(system.dead_letters) == 1203


def test_payloads_are_json_whatever_came(system: System) -> None:
    # Given payloads that JSON has no words for, with a good bar among them
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    done = system.process(
        [{"sym": "A", "c": float("nan")}, bar("B", "09:30:00"), deep, {"sym": "A", "c": 10**5000}]
    )

    # Then each is kept in some form that JSON readers take, and the good one is applied
    assert (done.applied, done.dead) == (1, 3)
    payloads = [json.loads(letter.payload, parse_constant=pytest.fail) for letter in system.dead_letters]
    assert payloads[0] == {"sym": "A", "c": "NaN"}


def test_letters_are_found_and_removed_by_id(system: System) -> None:
    system.process([{"sym": "A"}, {"sym": "B"}])
    first, second = system.dead_letters

    assert system.dead_letters.get(first.id) == first
    assert system.dead_letters.remove([first.id]) == 1
    assert system.dead_letters.get(first.id) is None
    assert list(system.dead_letters) == [second]
    assert system.dead_letters.purge() == 1
    assert len(system.dead_letters) == 0


def test_letters_are_read_and_removed_while_memory_is_full(system: System, full: Callable[[], None]) -> None:
    # Given letters in a Redis whose memory is full
    system.process([{"sym": "A"}, {"sym": "B"}])
    full()

    # Then they can be read, and make room
    assert [json.loads(letter.payload)["sym"] for letter in system.dead_letters] == ["A", "B"]
    assert system.dead_letters.purge() == 2
