"""Where our transport differs from stock's by design, and what a test's two outcomes tell."""

from enum import StrEnum

from tests.conformance.runs import Outcome

_UNIT = "t/unit/transport/test_redis.py"
_INTEGRATION = "t/integration/test_redis.py"
_PREFETCH = "t/integration/test_redis_brpop_qos.py"

_TESTS_BY_REASON = {
    "Asserts a BRPOP; ours waits with BLMOVE and fetches with a script.": (
        f"{_UNIT}::test_Channel::test_brpop_start_prefixes_keys",
        f"{_UNIT}::test_Channel::test_brpop_start_sends_keys_and_timeout",
    ),
    "Fetches from a fake server that runs no scripts; ours fetches with one. The integration tests do the same "
    "with a real server.": (
        f"{_UNIT}::test_Redis::test_publish__consume",
        f"{_UNIT}::test_Redis::test_publish__get_redispyv2",
        f"{_UNIT}::test_Redis::test_publish__get_redispyv3",
    ),
    "Asserts or fakes a transaction with WATCH, call by call; ours restores messages with a script.": (
        f"{_UNIT}::test_Channel::test_global_keyprefix_transaction",
        f"{_UNIT}::test_Channel::test_restore_by_tag_keeps_unacked_message_on_connection_error",
        f"{_UNIT}::test_Channel::test_restore_by_tag_requeues_when_lookup_succeeds",
    ),
    "Fakes a server without a clock, or asserts that the worker's own is asked; ours judges by the server's what "
    "is overdue, as its fetches are noted by it.": (
        f"{_UNIT}::test_Channel::test_global_keyprefix_restore_visible",
        f"{_UNIT}::test_Channel::test_qos_restore_visible",
        f"{_UNIT}::test_Channel::test_qos_restore_visible_interval_throttles",
        f"{_UNIT}::test_Channel::test_qos_restore_visible_uses_zrange_byscore_rev",
        f"{_UNIT}::test_Channel::test_qos_restore_visible_without_limit",
        f"{_UNIT}::test_Channel::test_qos_restore_visible_zero_interval_no_zerodivision",
    ),
    "Asserts that a rejected message is removed by a pipeline of its own; ours is acknowledged like any other.": (
        f"{_UNIT}::test_MultiChannelPoller::test_qos_reject",
    ),
    "Asserts that an acknowledgement is sent at once; where an event loop turns, ours goes with others.": (
        f"{_PREFETCH}::test_hub_pauses_pending_brpop_until_ack[message]",
    ),
    "Lets the look-up of an exchange's bindings fail when a message is restored; ours has recorded the queue that "
    "it came from and looks nothing up.": (
        f"{_INTEGRATION}::test_RedisRestoreBindingLookupFailure::test_failed_requeue_keeps_message_unacked[None]",
        f"{_INTEGRATION}::test_RedisRestoreBindingLookupFailure::test_failed_requeue_keeps_message_unacked"
        "[connection1]",
        f"{_INTEGRATION}::test_RedisRestoreBindingLookupFailure::test_failed_restore_visible_keeps_message_unacked"
        "[None]",
        f"{_INTEGRATION}::test_RedisRestoreBindingLookupFailure::test_failed_restore_visible_keeps_message_unacked"
        "[connection1]",
    ),
    "Cuts the line when a tenth of a second has passed, and counts on a request that waits for a whole one; ours "
    "waits on one of the queue's four lists for a tenth, and is answered before the cut.": (
        f"{_INTEGRATION}::test_RedisBrpopHealthCheck::test_half_open_connection_dropped_by_drain_events[None]",
        f"{_INTEGRATION}::test_RedisBrpopHealthCheck::test_half_open_connection_dropped_by_drain_events[connection1]",
    ),
}

#: Tests of kombu's that end otherwise with our classes than with stock's, by id, and why.
EXPLAINED = {test: reason for reason, tests in _TESTS_BY_REASON.items() for test in tests}


class Verdict(StrEnum):
    """What became of a test."""

    SAME = "as with stock's classes"
    EXPLAINED = "otherwise, as explained"
    UNEXPLAINED = "otherwise, and not explained"
    STALE = "explained, and as with stock's classes, or not there"
    UNFIT = "fails with stock's classes too, so tells nothing"


#: Verdicts that fail the comparison.
FAULTS = {Verdict.UNEXPLAINED, Verdict.STALE}


def verdict(stock: Outcome | None, ours: Outcome | None, explained: bool) -> Verdict:
    """Judge by a test's outcomes, None where it was not run, and by whether it is explained."""
    if stock and stock.result == "failed":
        return Verdict.UNFIT
    if (stock and stock.result) == (ours and ours.result):
        return Verdict.STALE if explained else Verdict.SAME
    return Verdict.EXPLAINED if explained else Verdict.UNEXPLAINED
