"""The image and docker-compose.yml as they are, in short: whatever is done to the containers, no bar is lost."""

import pytest

from tests.chaos.isolation import run_isolated
from tests.chaos.verdict import Verdict
from tests.containers.engine import Engine, EngineError, NoEngineError, find_engine
from tests.containers.stack import IMAGE
from tests.containers.suite import DRILLS, build, run_all


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The engine of this machine, which has built the image."""
    try:
        found = find_engine()
    except NoEngineError as error:
        pytest.skip(str(error))
    try:
        # What takes a network that reaches base images and packages, which is not ours to test.
        found.build_image("live-leaderboards-drill:packages", "--target", "packages")
    except EngineError as error:
        pytest.skip(f"the image's packages cannot be had: {error}")
    build(found)
    return found


@pytest.mark.timeout(3000)
def test_the_image_runs_every_command_and_is_not_root(engine: Engine) -> None:
    # When the image is run as it is
    def said(*command: str) -> str:
        return engine.run("run", "--rm", "--pull=never", "--network=none", "--read-only", IMAGE, *command)

    # Then the project's command is there, and so are Celery's
    assert "serve" in said("leaderboards", "--help")
    assert "worker" in said("celery", "-A", "tasks", "--help")
    # And its user is the one that deployments name
    assert said("sh", "-c", "id -u; id -g").split() == ["10001", "10001"]


@pytest.mark.timeout(3000)
def test_nothing_is_lost_whatever_is_done_to_the_containers(engine: Engine) -> None:
    # When services are scaled, killed, doubled, restarted and replaced while bars stream
    verdicts = run_isolated(drill, engine=engine)

    # Then every bar is on the boards, and what else each drill promises holds
    assert verdicts.keys() == DRILLS.keys()
    failed = {
        name: verdict
        for name, verdict in verdicts.items()
        if not (isinstance(verdict, Verdict) and verdict.is_sound)
    }
    assert not failed, "\n".join(f"{name}: {verdict}" for name, verdict in failed.items())


def drill(engine: Engine) -> dict[str, Verdict | Exception]:
    return dict(run_all(engine, rate=200, seconds=2))
