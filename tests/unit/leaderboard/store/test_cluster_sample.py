"""The state of several servers as one."""

from dataclasses import replace

from leaderboard.store.cluster_sample import ClusterSample, merged
from leaderboard.store.totals import Totals

FIRST = ClusterSample(
    1_000, Totals(applied=1), published=0.5, attempted=0.5, unpublished=False, symbols=10, revision=7, others="8 -"
)
SECOND = replace(FIRST, totals=Totals(applied=20), symbols=200, revision=8, wrong_keys=("a key",), others="")
THIRD = replace(FIRST, totals=Totals(applied=300), symbols=3_000, revision=9, others="")


def test_servers_are_added_up() -> None:
    whole = merged(FIRST, [SECOND, THIRD], [SECOND, THIRD])

    assert (whole.totals, whole.symbols, whole.away) == (Totals(applied=321), 3_210, ())
    assert whole.wrong_keys == ("server 2: a key",)
    # The third one was away when the boards were published last.
    assert whole.unpublished


def test_totals_do_not_fall_while_a_server_is_away() -> None:
    whole = merged(FIRST, [SECOND, None], [SECOND, THIRD])

    assert (whole.totals, whole.symbols, whole.away) == (Totals(applied=321), 3_210, (3,))
    assert not whole.unpublished


def test_a_server_that_was_never_there_counts_nothing() -> None:
    assert merged(FIRST, [None, THIRD], [None, THIRD]).totals == Totals(applied=301)
