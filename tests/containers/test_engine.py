"""Which engine is chosen, and that none of its commands can hang."""

import time
from pathlib import Path

import psutil
import pytest

from tests.containers.engine import EngineError, NoEngineError, find_engine, run
from tests.support.waiting import eventually


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with no engine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    for program in ("docker", "docker-compose", "podman", "podman-compose"):
        make(folder, program, "exit 1")
    for variable in ("CONTAINER_BUILD", "CONTAINER_COMPOSE"):
        monkeypatch.delenv(variable, raising=False)
    return folder


def make(folder: Path, program: str, script: str) -> None:
    path = folder / program
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_client_without_an_engine_is_none(programs: Path) -> None:
    # Given a docker that knows its version and reaches no engine, when an engine is looked for
    make(programs, "docker", '[ "$1" = --version ]')

    # Then there is none, and the text says who was asked
    with pytest.raises(NoEngineError, match="no docker answers; no podman answers"):
        find_engine()


def test_the_engine_that_answers_is_chosen(programs: Path) -> None:
    # Given a client without an engine, and an engine with what composes for it
    make(programs, "docker", "exit 1")
    make(programs, "podman", "exit 0")
    make(programs, "podman-compose", "exit 0")

    # Then it is that one
    engine = find_engine()
    assert (engine.program, engine.build, engine.compose) == (
        "podman",
        ("podman", "build", "."),
        ("podman-compose",),
    )


def test_nothing_composes(programs: Path) -> None:
    # Given an engine alone, then the text says what is missing
    make(programs, "docker", '[ "$1" = info ]')
    with pytest.raises(NoEngineError, match="docker answers, but neither CONTAINER_COMPOSE nor docker compose"):
        find_engine()


def test_commands_of_the_environment_come_first(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an engine, and commands that build and compose in its place
    make(programs, "docker", "exit 0")
    monkeypatch.setenv("CONTAINER_BUILD", "../bin/build --quick")
    monkeypatch.setenv("CONTAINER_COMPOSE", "../bin/compose")

    # Then it is these that are called
    engine = find_engine()
    assert (engine.build, engine.compose) == (("../bin/build", "--quick"), ("../bin/compose",))


def test_a_command_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    # Given a command that starts another and waits for it
    note = tmp_path / "pid"
    began = time.monotonic()

    # When it takes longer than it may
    with pytest.raises(EngineError, match="took longer than 1 s"):
        run(("sh", "-c", f"sleep 60 & echo $! > {note}; wait"), 1)

    # Then both are gone, at once
    assert time.monotonic() - began < 30
    eventually(lambda: not psutil.pid_exists(int(note.read_text())), 10)


def test_a_failure_tells_what_the_command_said() -> None:
    with pytest.raises(EngineError, match="ended with 3: no such thing"):
        run(("sh", "-c", "echo no such thing >&2; exit 3"), 30)
