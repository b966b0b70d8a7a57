"""The services of docker-compose.yml, as a project of their own beside whatever else runs on this machine."""

import os
import re
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count, islice, takewhile
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from deploy.redis_server import free_port
from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import ObservedSystem, paced
from tests.chaos.verdict import Verdict
from tests.containers.engine import Engine, EngineError, run
from tests.support.checkout import CHECKOUT
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.chaos.producer import Stream

#: The image under test; another tag of it is the next release.
IMAGE, NEXT = "live-leaderboards-drill:this", "live-leaderboards-drill:next"
#: Symbols that all drills together may trade.
SYMBOLS = 500_000
#: Bars of which the load is made, each time of new symbols.
_BLOCK = 2_000
#: Seconds in which a command of the engine, and a start of all services, has to be done on a busy machine.
_COMMAND, _START = 600.0, 300.0
#: What the Compose file takes from the environment: ``${NAME...}``, or a name without a value.
_TAKEN = re.compile(r"\$\{(\w+)|^\s+([A-Z][A-Z0-9_]*):$", re.MULTILINE)


class Stack(ObservedSystem):
    """A project of its own: name, ports, volumes. ``with Stack(engine) as stack: ...`` removes all of it.

    Args:
        engine: runs it.

    Attributes:
        engine: the same.
        key: what the gateway asks for.
        gateway_port: the gateway's, on this machine.
        image: that its containers are started from.
        scale: how many containers a service has; one if it is not named.
        profiles: of the Compose file, that are started as well.
        sent: bars that the broker has, of all loads.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.key = secrets.token_hex(16)
        self.gateway_port = free_port()
        self.image = IMAGE
        self.scale = {"worker": 2}
        self.profiles: tuple[str, ...] = ()
        self.sent = 0
        self._redis_port, self._flower_port = free_port(), free_port()
        self._project = f"leaderboards-drill-{os.getpid()}"
        self._label = ("--filter", f"label=com.docker.compose.project={self._project}")
        super().__init__([self.url(0)], self.url(1))

    def url(self, database: int) -> str:
        """A database of its Redis, from this machine."""
        return f"redis://127.0.0.1:{self._redis_port}/{database}"

    def __enter__(self) -> "Stack":
        # For the producer in this process, which reads it when it is imported.
        os.environ |= self._settings() | {"REDIS_URL": self.url(0), "CELERY_BROKER_URL": self.url(1)}
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def _settings(self) -> dict[str, str]:
        return {
            "MARKET_CLOCK": "events",
            "VISIBILITY_TIMEOUT": "5",
            "BOARD_RETAIN": str(SYMBOLS),
            "SYMBOLS_BOUND": str(SYMBOLS),
        }

    def _environment(self) -> dict[str, str]:
        """Of the Compose command. What the user has set for a stack of his own is not for this one."""
        taken = {a or b for a, b in _TAKEN.findall((CHECKOUT / "docker-compose.yml").read_text())}
        ours = {
            name: value
            for name, value in os.environ.items()
            if name not in taken and not name.startswith("COMPOSE_")
        }
        return ours | {
            **self._settings(),
            "LEADERBOARDS_IMAGE": self.image,
            "GATEWAY_API_KEY": self.key,
            "FLOWER_BASIC_AUTH": f"drill:{self.key}",
            "REDIS_PORT": str(self._redis_port),
            "GATEWAY_PORT": str(self.gateway_port),
            "FLOWER_PORT": str(self._flower_port),
        }

    def compose(self, *arguments: str, seconds: float = _COMMAND) -> str:
        """Run a command of Compose on this project. Returns what it printed.

        Raises:
            EngineError: it failed, or took longer.
        """
        # No file of the user's either.
        project = ["--env-file", os.devnull, "--project-name", self._project]
        for profile in self.profiles:
            project += ["--profile", profile]
        return run((*self.engine.compose, *project, *arguments), seconds, self._environment())

    def up(self) -> None:
        """Start what does not run, from the image and at the scale, and wait until all of it is healthy."""
        scales = [["--scale", f"{service}={number}"] for service, number in self.scale.items()]
        # Podman's Compose heeds one service's scale a call, and leaves the others as they are.
        calls = scales if self.engine.program == "podman" else [[word for scale in scales for word in scale]]
        for scale in calls:
            self.compose("up", "--detach", "--no-build", *scale)
        for container in self.containers():
            eventually(partial(self.is_healthy, container), _START, f"{self.name(container)} is healthy")

    def containers(self, service: str | None = None) -> list[str]:
        """Containers of this project, or of one of its services, running or not."""
        of_service = ("--filter", f"label=com.docker.compose.service={service}") if service else ()
        return self.engine.run("ps", "--all", "--quiet", "--no-trunc", *self._label, *of_service).split()

    def name(self, container: str) -> str:
        return self.inspect(container, "{{.Name}}").lstrip("/")

    def inspect(self, container: str, template: str) -> str:
        """What the engine knows of a container, by a Go template."""
        return self.engine.run("inspect", "--type", "container", "--format", template, container).strip()

    def is_healthy(self, container: str) -> bool:
        """Whether it runs and its health check succeeds."""
        if self.engine.program == "docker":
            return self.inspect(container, "{{.State.Health.Status}}") == "healthy"
        # Podman leaves it to systemd to run checks, which not every machine has.
        return self._succeeds("healthcheck", "run", container)

    def _succeeds(self, *command: str) -> bool:
        try:
            self.engine.run(*command)
        except EngineError:
            return False
        return True

    def shell(self, container: str, script: str) -> str:
        """Run a script in a container, as the user of its process. Returns what it printed.

        Raises:
            EngineError: it failed.
        """
        return self.engine.run("exec", container, "sh", "-c", script)

    def kill(self, container: str) -> None:
        """SIGKILL a container. The engine does not start it again, for it was told to end it."""
        self.engine.run("kill", "--signal", "KILL", container)

    def crash(self, container: str) -> None:
        """SIGKILL the processes of a container but its init: it ends, and the engine starts it again."""
        # The shell is not among those that it kills; its container takes it along.
        self._succeeds("exec", container, "sh", "-c", "kill -KILL -1")

    def answers(self) -> bool:
        """Whether Redis answers and has read its file."""
        try:
            return bool(self.boards.ping())
        except RedisError:
            return False

    @contextmanager
    def load(self, rate: float) -> Iterator["Stream"]:
        """Send so many bars a second until the block ends. Each is sent until the broker has it."""
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        over = threading.Event()
        unsent = islice(_endless_bars(), self.sent, None)
        stream = Stream(takewhile(lambda _: not over.is_set(), paced(unsent, rate)))
        try:
            with stream:
                try:
                    yield stream
                finally:
                    over.set()
        finally:
            self.sent += stream.producer.sent

    def bars(self, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
        """The bars that were sent, or those of certain numbers."""
        return islice(_endless_bars(), start, self.sent if stop is None else stop)

    def verdict(self, faults: str, stream: "Stream", notes: str, broken: tuple[str, ...] = ()) -> Verdict:
        """End a drill: wait for the last bar, and compare everything with the oracle's results for all bars.

        Args:
            faults: what was done.
            stream: the drill's load, which has ended.
            notes: what else was measured.
            broken: promises that were not kept.
        """
        recovery = self.drain(_START)
        reconciliation = self.reconcile(self.bars())
        return Verdict(faults, stream.producer.sent, reconciliation, recovery, notes, broken)

    def _remove(self) -> None:
        """Remove containers, volumes and networks, and say so if that fails."""
        # Nor does an impatient Ctrl-C leave any.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        error = None
        # Podman removes nothing that something else depends on, and its Compose does not know in which order.
        for _ in range(3):
            try:
                # Without Redis, a worker would take long to stop.
                self._succeeds("kill", *self.containers())
                self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
                if not (left := self.containers()) and not self._volumes():
                    return
                self._succeeds("rm", "--force", *left)
            except EngineError as failure:
                error = failure
        print(f"{self._project} could not be removed: {error or 'something is left of it'}", flush=True)

    def _volumes(self) -> list[str]:
        return self.engine.run("volume", "ls", "--quiet", *self._label).split()


def _endless_bars() -> Iterator[dict[str, Any]]:
    """Distinct bars of ever new symbols, always the same ones."""
    for block in count():
        yield from distinct_bars(_BLOCK, seed=block + 1, first=block * _BLOCK // PER_SYMBOL)
