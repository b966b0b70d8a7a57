"""Patterns match as those of Redis do."""

from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as some
from redis import Redis

from watch.gateway.fanout.pattern import compile_pattern

GLOBS = some.text(alphabet="ab-^[]*?\\.", max_size=12)


TEXTS = some.text(alphabet="ab-^].\\", min_size=1, max_size=8)


@examples(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GLOBS, some.lists(TEXTS, min_size=1, max_size=8))
@example("a[", ["a", "a["])
@example("[]", ["]", "a"])
@example("[^]", ["]", "a"])
@example("[a-]", ["a", "-", "]", "b"])
@example("[b-a]", ["a", "b", "-"])
@example("[\\]]", ["]", "\\"])
@example("a\\", ["a", "a\\"])
@example("*a*b", ["ab", "aab.b", "ba"])
def test_patterns_match_as_those_of_redis(redis: Redis, pattern: str, texts: list[str]) -> None:
    """Given any pattern and texts, then ours matches those that a subscriber of the pattern would hear of."""
    listener = redis.pubsub(ignore_subscribe_messages=True)
    try:
        # What goes before keeps the pattern and the text from being empty, which Redis has its own ways with.
        listener.psubscribe("quote:" + pattern)
        listener.get_message(timeout=5)
        heard = [redis.publish("quote:" + text, "") == 1 for text in texts]
    finally:
        listener.close()

    ours = compile_pattern("quote:" + pattern)
    assert [ours.fullmatch("quote:" + text) is not None for text in texts] == heard


def test_no_pattern_takes_long() -> None:
    # Given a pattern whose stars could be tried in more combinations than there is time
    pattern = compile_pattern("quote:" + "*A" * 50 + "*B")

    # Then a symbol that almost matches is done with at once
    assert not any(pattern.fullmatch("quote:" + "A" * 24) for _ in range(100))
