"""Whether a server answers at all."""

from collections.abc import Iterable

from redis.exceptions import AuthenticationError, BusyLoadingError, NoPermissionError, RedisError
from redis.sentinel import MasterNotFoundError

from tasks.doctor.deployment import Server
from tasks.doctor.finding import Finding, Page, ok, wrong


def check(server: Server) -> Iterable[Finding]:
    """Ask for a sign of life."""
    try:
        server.client.ping()
    except NoPermissionError:
        # It has answered.
        pass
    except RedisError as error:
        return [judge_failure(server, error)]
    return [ok(f"{server.shown} answers")]


def judge_delay(server: Server, seconds: float) -> Finding:
    """What it means that there was neither an answer nor an error in so many seconds."""
    return wrong(
        f"{server.shown} does not answer within {seconds:.1f} s",
        "See that DNS tells its address at once (getent hosts NAME), and that the network between is well.",
        _page(server),
    )


def _page(server: Server) -> Page:
    return Page.BROKER_DOWN if server.variable == "CELERY_BROKER_URL" else Page.REDIS_DOWN


def judge_failure(server: Server, error: RedisError) -> Finding:
    """What it means that a ping failed."""
    page = _page(server)
    if isinstance(error, BusyLoadingError):
        return wrong(
            f"{server.shown} is still reading its file into memory",
            "Wait until it is done; every process goes on by itself then. INFO persistence tells how far it is.",
            page,
        )
    if isinstance(error, AuthenticationError) or "NOAUTH" in str(error):
        return wrong(
            f"{server.shown} refuses user and password: {error}",
            f"Correct them in {server.variable}, or the user in the server's ACL file.",
            Page.USERS,
        )
    if isinstance(error, MasterNotFoundError):
        return wrong(
            f"the Sentinels of {server.shown} name no master: {error}",
            "See that the Sentinels run, know the server by that name, and do not hold it for down.",
            Page.HIGH_AVAILABILITY,
        )
    return wrong(
        f"{server.shown} does not answer: {error}",
        f"Start it, or correct {server.variable}. Nothing else has to be restarted: every process reconnects.",
        page,
    )
