"""The container engine of this machine, whichever it is."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from tempfile import TemporaryFile

from tests.support.checkout import CHECKOUT

#: Name the commands that build and compose, if an engine's own cannot do it. The first takes the options of
#: `docker build`, and knows what to build; the second is called as `docker compose` is.
BUILD, COMPOSE = "CONTAINER_BUILD", "CONTAINER_COMPOSE"

#: Engines, and what may compose services by each.
_COMPOSERS = {
    "docker": (("docker", "compose"), ("docker-compose",)),
    "podman": (("podman-compose",),),
}
#: Seconds for an engine to say that it is there.
_ANSWERS = 30.0


class NoEngineError(Exception):
    """No engine answers that could run the containers. The text says which were asked."""


class EngineError(Exception):
    """A command of the engine failed or took too long. The text has the end of what it said."""


@dataclass(frozen=True)
class Engine:
    """An engine that answers, and its commands.

    Attributes:
        program: `docker` or `podman`.
        build: builds the checkout's Dockerfile.
        compose: runs the checkout's docker-compose.yml.
    """

    program: str
    build: tuple[str, ...]
    compose: tuple[str, ...]

    def run(self, *arguments: str, seconds: float = 60.0) -> str:
        """Run a command of the engine. Returns what it printed.

        Raises:
            EngineError: it failed, or took longer.
        """
        return run((self.program, *arguments), seconds)

    def build_image(self, tag: str, *options: str, seconds: float = 1200.0) -> None:
        """Build the image of the checkout.

        Raises:
            EngineError: it cannot be built.
        """
        run((*self.build, "--tag", tag, *options), seconds)

    def image_id(self, tag: str) -> str:
        return self.run("image", "inspect", "--format", "{{.Id}}", tag).strip()

    def image_size(self, tag: str) -> int:
        """Bytes of an image, with the one that it is built on."""
        return int(self.run("image", "inspect", "--format", "{{.Size}}", tag))


def find_engine() -> Engine:
    """The first engine that answers and for which something composes.

    Raises:
        NoEngineError: there is none.
    """
    missing = []
    for program, composers in _COMPOSERS.items():
        if not _answers(program, "info"):
            missing.append(f"no {program} answers")
            continue
        build = _given(BUILD) or (program, "build", ".")
        if compose := _given(COMPOSE) or next((each for each in composers if _answers(*each, "version")), ()):
            return Engine(program, build, compose)
        missing.append(f"{program} answers, but neither {COMPOSE} nor {_names(composers)} is there")
    raise NoEngineError("; ".join(missing))


def _given(variable: str) -> tuple[str, ...]:
    return tuple(shlex.split(os.environ.get(variable, "")))


def _names(composers: tuple[tuple[str, ...], ...]) -> str:
    return " nor ".join(" ".join(each) for each in composers)


def _answers(*command: str) -> bool:
    """Whether a program is there and does what it is asked for: a client may have no engine to talk to."""
    if not shutil.which(command[0]):
        return False
    try:
        run(command, _ANSWERS)
    except EngineError:
        return False
    return True


def run(command: tuple[str, ...], seconds: float, environment: Mapping[str, str] | None = None) -> str:
    """Run a command in the checkout, and end it with all that it started when it takes too long.

    Returns:
        What it printed.

    Raises:
        EngineError: it failed, or took longer.
    """
    # Files and no pipes: containers that the command starts may keep them open.
    with TemporaryFile() as output, TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    if code != 0:
        ended = f"took longer than {seconds:.0f} s" if code is None else f"ended with {code}"
        raise EngineError(f"{shlex.join(command)} {ended}: {(texts[1].strip() or texts[0].strip())[-2000:]}")
    return texts[0]
