"""All checks, declared once."""

from tasks.doctor import notifying, reach, recording
from tasks.doctor.checks import (
    configured,
    gateway_health,
    letters,
    machine,
    publishing,
    queue_state,
    reference_data,
    rights,
    server_state,
    shared_keys,
    shown_session,
    worker_state,
)
from tasks.doctor.deployment import Deployment, Server
from tasks.doctor.examination import Check


def _boards(deployment: Deployment) -> list[Server]:
    return [deployment.boards]


def _queues(deployment: Deployment) -> list[Server]:
    return [deployment.queues]


def _both(deployment: Deployment) -> list[Server]:
    return [deployment.boards, deployment.queues]


#: They tell whether the servers answer.
REACH = (
    Check(
        "boards' Redis",
        lambda whole: reach.check(whole.boards),
        _boards,
        lambda whole, seconds: reach.judge_delay(whole.boards, seconds),
    ),
    Check(
        "broker",
        lambda whole: reach.check(whole.queues),
        _queues,
        lambda whole, seconds: reach.judge_delay(whole.queues, seconds),
    ),
)

#: What is looked at, in the order in which it is shown.
CHECKS = (
    Check("settings", configured.check),
    Check("boards' Redis", lambda whole: server_state.check(whole.boards), _boards),
    Check("broker", server_state.check_broker, _queues),
    Check("databases", server_state.check_databases, _both),
    Check("rights at the boards' Redis", lambda whole: rights.check(whole, whole.boards), _boards),
    Check("rights at the broker", lambda whole: rights.check(whole, whole.queues), _queues),
    Check("keys", lambda whole: shared_keys.check(whole.boards), _boards),
    Check("queues", queue_state.check, _queues),
    # A worker that waits for the boards' Redis does not answer either.
    Check("workers", worker_state.check_workers, _both),
    Check("beat", worker_state.check_beats, _queues),
    Check("boards", publishing.check, _boards),
    Check("session", lambda whole: shown_session.check(whole, whole.boards), _boards),
    Check("reference data", reference_data.check, _boards),
    Check("dead letters", letters.check, _boards),
    Check("history", recording.check, _boards),
    Check("notifier", notifying.check, _boards),
    Check("gateway", gateway_health.check),
    Check("disk", machine.check_disk, _both),
    Check("machine", machine.check),
)


def reach_of(deployment: Deployment) -> list[Check]:
    """What tells whether the servers of a deployment answer."""
    return [*REACH, *(_reach(server) for server in deployment.others)]


def checks_of(deployment: Deployment) -> list[Check]:
    """What is looked at in a deployment."""
    return [*CHECKS, *(check for server in deployment.others for check in _of_other(server))]


def _reach(server: Server) -> Check:
    return Check(
        server.name,
        lambda _: reach.check(server),
        lambda _: [server],
        lambda _, seconds: reach.judge_delay(server, seconds),
    )


def _of_other(server: Server) -> list[Check]:
    """What is looked at in a server of the boards behind the first one."""
    return [
        Check(server.name, lambda _: server_state.check(server), lambda _: [server]),
        Check(f"rights at {server.name}", lambda whole: rights.check(whole, server), lambda _: [server]),
        Check(f"keys of {server.name}", lambda _: shared_keys.check(server), lambda _: [server]),
        Check(f"session of {server.name}", lambda whole: shown_session.check(whole, server), lambda _: [server]),
    ]
