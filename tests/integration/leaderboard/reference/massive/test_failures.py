"""Calls to the Massive REST API that fail."""

import time

import pytest

from leaderboard.reference import Profile, Reference
from leaderboard.reference.massive import retries
from leaderboard.reference.massive import source as massive
from leaderboard.reference.massive.api import MassiveApi
from leaderboard.reference.massive.source import MassiveSource
from leaderboard.reference.source import SourceError, SourceRefusedError
from tests.support.market import TODAY, at
from tests.support.massive.market import AVERAGE, KNOWN, PREVIOUS, MassiveSources, market
from tests.support.massive.rest import KEY, NOT_IN_PLAN, REFUSAL, Fault, MassiveRest, massive_rest


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_BACKOFF", 0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        Fault(500),
        Fault(503, headers={"Retry-After": "0"}),
        Fault(429),
        Fault(429, headers={"Retry-After": "soon"}),
        Fault(silent=True),
        Fault(cut=True),
    ],
    ids=["500", "503", "429", "429 with nonsense", "timeout", "cut"],
)
def test_what_fails_is_asked_again(
    massive_server: MassiveRest, massive_source: MassiveSources, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a server that fails once in each kind of call
    for kind in ("snapshot", "grouped", "float"):
        massive_server.fail(kind, fault)

    # Then each call is made a second time, is told of, and nothing is missing
    assert market(massive_source())["A"] == KNOWN
    assert massive_server.calls == {"snapshot": 2, "grouped": 31, "float": 2}
    assert caplog.text.count("is asked again") == 3


@pytest.mark.slow
def test_the_service_says_how_long_to_wait(massive_server: MassiveRest, massive_source: MassiveSources) -> None:
    # Given a server to which calls come too fast
    massive_server.fail("snapshot", Fault(429, headers={"Retry-After": "2"}))
    began = time.monotonic()

    # Then no call is made before the time that it names
    assert massive_source().fetch({"A"}, TODAY) == {"A": KNOWN}
    assert time.monotonic() - began >= 2


def test_a_call_is_given_up_after_some_times(massive_server: MassiveRest, massive_source: MassiveSources) -> None:
    massive_server.fail("snapshot", *[Fault(502)] * 10)

    with pytest.raises(SourceError, match=r"snapshot: too many 502 error responses"):
        massive_source().fetch({"A"}, TODAY)
    assert massive_server.calls == {"snapshot": 4}


def test_a_server_that_is_not_there_is_an_error_of_the_source(massive_source: MassiveSources) -> None:
    with pytest.raises(SourceError, match=r"snapshot: .*refused"):
        massive_source(url="http://127.0.0.1:1").fetch({"A"}, TODAY)


def test_the_key_goes_nowhere_else(massive_server: MassiveRest, massive_source: MassiveSources) -> None:
    with massive_rest({}, TODAY) as other:
        massive_server.fail("snapshot", Fault(302, headers={"Location": f"{other.url}/v2/snapshot"}))

        with pytest.raises(SourceError, match="too many redirects"):
            massive_source().fetch({"A"}, TODAY)
        assert not other.calls


def test_what_could_be_had_is_handed_on_before_the_error(
    massive_server: MassiveRest, massive_source: MassiveSources
) -> None:
    # Given a service whose floats are out of order
    massive_server.fail("float", *[Fault(500)] * 4)

    # When the market is asked for
    parts = massive_source().fetch_all(TODAY)
    known = next(part for part in parts if part)

    # Then all else is known
    assert known["A"] == Reference(PREVIOUS, Profile(AVERAGE))
    with pytest.raises(SourceError, match="floats"):
        next(parts)


def test_it_gives_signs_of_life_while_it_waits(
    massive_server: MassiveRest, massive_source: MassiveSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(massive, "HEARTBEAT", 0.1)
    massive_server.fail("snapshot", Fault(silent=True))

    parts = list(massive_source().fetch_all(TODAY))

    assert parts[0] == parts[1] == {}
    assert set(parts[-1]) == {"A", "B"}


def test_a_refused_key_is_said_once(
    massive_server: MassiveRest, massive_source: MassiveSources, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a key that the service does not know
    asked = massive_source(key="sesame-open")

    # When it is used again and again
    with pytest.raises(SourceRefusedError, match="MASSIVE_API_KEY is refused, status 401: Unknown API Key"):
        market(asked)
    for _ in range(3):
        with pytest.raises(SourceRefusedError):
            asked.fetch({"A"}, TODAY)

    # Then one call was made, one line says so, and nowhere does it stand
    assert sum(massive_server.calls.values()) == 1
    assert [each.levelname for each in caplog.records] == ["ERROR"]
    assert "sesame-open" not in caplog.text + repr(asked.__dict__)


def test_a_key_that_is_accepted_later_is_used_again(
    massive_server: MassiveRest, massive_source: MassiveSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a service that refuses a good key for a moment
    massive_server.fail("snapshot", REFUSAL)
    asked = massive_source()
    with pytest.raises(SourceRefusedError):
        asked.fetch({"A"}, TODAY)

    # When some minutes have gone by
    monkeypatch.setattr(asked._api, "_refused_until", 0.0)

    # Then it is asked
    assert asked.fetch({"A"}, TODAY) == {"A": KNOWN}


def test_a_plan_without_snapshot_and_floats_does_with_what_it_has(
    massive_server: MassiveRest, massive_source: MassiveSources, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in ("snapshot", "float"):
        massive_server.fail(kind, *[NOT_IN_PLAN] * 3)
    asked = massive_source()

    assert market(asked)["A"] == Reference(PREVIOUS, Profile(AVERAGE))
    assert asked.fetch({"A"}, TODAY)["A"] == Reference(PREVIOUS, Profile(AVERAGE))
    assert [each.getMessage() for each in caplog.records] == [
        "snapshot: not in the plan of MASSIVE_API_KEY: You are not entitled to this data.",
        "floats: not in the plan of MASSIVE_API_KEY: You are not entitled to this data.",
    ]


@pytest.mark.slow
def test_calls_keep_their_pace(massive_server: MassiveRest) -> None:
    # Given ten calls a second
    api = MassiveApi(KEY, massive_server.url, per_second=10)
    began = time.monotonic()

    # When the market is asked for, some calls at a time
    market(MassiveSource(api, lambda: at("08:00:00") / 1000))

    # Then they take as long as that
    assert time.monotonic() - began >= (sum(massive_server.calls.values()) - 1) / 10
