"""On which channels nobody listens, as far as Redis can tell."""

from typing import Any

import pytest
from redis.exceptions import NoPermissionError

from leaderboard.screens import listeners

ALONE = {"connected_slaves": 0, "repl_backlog_active": 0}
LISTENERS = [(b"scanners:a", 0), (b"scanners:b", 2)]


def test_channels_without_listeners_are_found() -> None:
    assert listeners.without([0, LISTENERS, ALONE]) == {"scanners:a"}


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param([1, LISTENERS, ALONE], id="a pattern"),
        pytest.param([0, LISTENERS, ALONE | {"connected_slaves": 1}], id="a replica"),
        pytest.param([0, LISTENERS, ALONE | {"repl_backlog_active": 1}], id="a replica that was there"),
        pytest.param([0, LISTENERS, {}], id="a server that does not tell"),
        pytest.param([0, LISTENERS, NoPermissionError("no")], id="users of an older release"),
        pytest.param(
            [NoPermissionError("no"), NoPermissionError("no"), ALONE], id="users of an older release, too"
        ),
    ],
)
def test_where_that_cannot_be_known_somebody_may_listen_everywhere(replies: list[Any]) -> None:
    assert listeners.without(replies) == frozenset()
