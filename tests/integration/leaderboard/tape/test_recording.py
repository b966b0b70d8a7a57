"""Who records, and what the tape keeps for them."""

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError, ResponseError

from leaderboard import keys
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.tape.entries import Rolled, Started
from leaderboard.tape.reader import TapeReader
from leaderboard.tape.recording import RECORDING_TTL, TapeWriter, renew


def positions(redis: Redis) -> list[int]:
    return [entry.position for entry in TapeReader(redis).read(0, 1_000)]


def test_while_nobody_records_nothing_is_written(redis: Redis) -> None:
    assert not TapeWriter(redis).append("roll", {})

    assert redis.dbsize() == 0


def test_recording_starts_with_an_entry_that_says_so(redis: Redis) -> None:
    redis.set(keys.REVISION, 5)
    redis.set(keys.SESSION, 202611201)

    assert not renew(redis)
    assert renew(redis)

    (started,) = TapeReader(redis).read(0, 10)
    assert isinstance(started, Started)
    assert (started.position, started.revision, started.session) == (1, 5, 202611201)
    assert 0 < redis.ttl(keys.RECORDING) <= RECORDING_TTL


def test_a_recorder_goes_on_where_the_memory_is_full(redis: Redis) -> None:
    # Given a recording, and a server that refuses to store anything
    renew(redis)
    redis.expire(keys.RECORDING, 10)
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(OutOfMemoryError):
            redis.set("key", "value")

        # When it is renewed, then it lasts, and the tape can be trimmed
        assert renew(redis)
        assert redis.ttl(keys.RECORDING) > 10
        (started,) = TapeReader(redis).read(0, 10)
        assert TapeReader(redis).trim(started.anchor) == 0
    finally:
        redis.config_set("maxmemory", 0)


def test_a_lost_counter_goes_on_from_the_newest_entry(redis: Redis) -> None:
    # Given a tape whose counter is lost, and whose entries are trimmed
    renew(redis)
    writer = TapeWriter(redis)
    writer.append("roll", {})
    redis.xtrim(keys.TAPE, maxlen=0)
    redis.delete(keys.TAPE_POSITION)

    # When entries are written
    writer.append("roll", {})
    writer.append("roll", {})

    # Then they follow those that the tape has had
    assert positions(redis) == [3, 4]


def test_a_tape_beyond_its_bound_loses_its_oldest_entries(redis: Redis) -> None:
    renew(redis, 300)
    writer = TapeWriter(redis)

    for _ in range(1_000):
        writer.append("roll", {})

    # Redis removes whole blocks of a hundred entries.
    kept = positions(redis)
    assert 300 <= len(kept) <= 400
    assert kept[-1] == 1_001


def test_a_reader_reads_on_where_it_stopped_and_trims_what_it_has_stored(redis: Redis) -> None:
    # Given a reader that has stored the first entries
    renew(redis)
    writer, reader = TapeWriter(redis), TapeReader(redis)
    writer.append("roll", {})
    *_, stored = reader.read(0, 10)
    assert reader.read(stored.position, 10) == []

    # When it trims them, and another one follows
    assert reader.trim(stored.anchor) == 1
    writer.append("roll", {})

    # Then the last one that it has stored says that none is missing
    assert reader.holds(stored.anchor)
    (following,) = reader.read(stored.position, 10)
    assert isinstance(following, Rolled)
    # And once it is gone, or another one stands there, that is noticed
    assert not reader.holds(stored.anchor._replace(at=stored.at - 1))
    reader.trim(following.anchor)
    assert not reader.holds(stored.anchor)


@pytest.mark.parametrize("key", [keys.TAPE, keys.TAPE_POSITION])
def test_a_key_of_another_type_is_named(redis: Redis, key: str) -> None:
    redis.sadd(key, "x")

    with pytest.raises(ResponseError, match=f"WRONGKEY {key} is of type set"):
        renew(redis)

    assert not redis.exists(keys.RECORDING)
    if key == keys.TAPE:
        with pytest.raises(InvalidValueError, match=key):
            TapeReader(redis).read(0, 1)
