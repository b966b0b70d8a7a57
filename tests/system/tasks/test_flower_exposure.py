"""Flower beyond this machine, and who is asked for a login there."""

import pytest

from deploy.redis_server import free_port
from tests.support.processes import Processes


@pytest.mark.parametrize("options", [[], ["--address=0.0.0.0"], ["--address=::"], ["--address=example.com"]])
def test_flower_does_not_listen_on_the_network_without_a_login(processes: Processes, options: list[str]) -> None:
    ended = processes.run("celery", "-A", "tasks", "flower", f"--port={free_port()}", *options)

    assert ended.returncode == 1
    assert "set FLOWER_BASIC_AUTH to user:password" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("login", ["", "u:p,", ",u:p", "u", "u:", ":p", ":", "u: "])
def test_flower_does_not_listen_on_the_network_with_half_a_login(processes: Processes, login: str) -> None:
    ended = processes.run(
        *("celery", "-A", "tasks", "flower", f"--port={free_port()}"), environment={"FLOWER_BASIC_AUTH": login}
    )

    assert ended.returncode == 1
    assert "set FLOWER_BASIC_AUTH to user:password" in ended.stderr
    assert "Neither user nor password may be empty" in ended.stderr


@pytest.mark.parametrize(
    ("option", "environment"),
    [
        ("--address=127.0.0.1", {}),
        ("--address=localhost", {}),
        ("--address=0.0.0.0", {"FLOWER_BASIC_AUTH": "user:password"}),
        ("--address=0.0.0.0", {"FLOWER_BASIC_AUTH": "user:password,other:pass:word"}),
        ("--address=0.0.0.0", {"FLOWER_AUTH": "me@example.com"}),
    ],
)
def test_flower_listens_for_this_machine_or_with_a_login(
    processes: Processes, option: str, environment: dict[str, str]
) -> None:
    processes.start("flower", "celery", "-A", "tasks", "flower", f"--port={free_port()}", option, **environment)

    processes.await_log("flower", "Visit me at")
