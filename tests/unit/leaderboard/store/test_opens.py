"""The cache of open prices."""

from leaderboard.store.opens import SESSIONS, Opens


def test_opens_are_remembered_for_the_latest_sessions() -> None:
    # Given open prices of more sessions than are kept
    prices = Opens()
    for session in range(10):
        prices.of(session)["A"] = float(session)

    # Then those of the latest sessions are known, and no others
    assert [prices.of(session) for session in range(10 - SESSIONS, 10)] == [
        {"A": float(session)} for session in range(10 - SESSIONS, 10)
    ]
    assert prices.of(0) == {}
