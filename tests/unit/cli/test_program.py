"""The command `leaderboards` offers what the rooms' own programs offer."""

import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.main import get_command

from cli.__main__ import COMMANDS, Target, program
from deploy import acl
from feeds.__main__ import app as feeds
from history.__main__ import app as history
from tasks.__main__ import program as tasks
from watch.__main__ import app as watch

#: The programs whose every command is one of `leaderboards`, and those that are one command of it.
SPREAD = {"watch.__main__": watch, "tasks.__main__": tasks}
WHOLE = {"feeds.__main__": feeds, "history.__main__": history, "deploy.acl": acl.program}


def names(of: typer.Typer) -> list[str]:
    return list(getattr(get_command(of), "commands"))  # noqa: B009 - a group has them, which its type does not say


def targets(module: str) -> list[Target]:
    return [target for target in COMMANDS.values() if target.module == module]


@pytest.mark.parametrize("module", SPREAD)
def test_each_command_of_a_room_is_offered(module: str) -> None:
    assert sorted(each.subcommand for each in targets(module)) == sorted(names(SPREAD[module]))


@pytest.mark.parametrize("module", WHOLE)
def test_some_rooms_are_offered_whole(module: str) -> None:
    assert [each.subcommand for each in targets(module)] == [""]


def test_nothing_else_is_offered() -> None:
    assert {each.module for each in COMMANDS.values()} == SPREAD.keys() | WHOLE.keys()
    assert sorted(names(program)) == sorted(COMMANDS)


#: Each command, and some of those below them.
INVOCATIONS = [*([name] for name in COMMANDS), ["feed", "replay"], ["history", "profile"], ["dead", "list"]]


@pytest.mark.parametrize("command", INVOCATIONS, ids=" ".join)
def test_help_names_the_command_as_it_was_typed(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program([*command, "--help"], prog_name="leaderboards")
    assert ended.value.code == 0
    assert f"Usage: leaderboards {' '.join(command)} [OPTIONS]" in capsys.readouterr().out


def test_arguments_reach_the_command_as_they_were_typed(capsys: pytest.CaptureFixture[str]) -> None:
    # Given options that the outer program has not, and one that the inner one refuses
    with pytest.raises(SystemExit) as ended:
        program(["dead", "list", "--json", "--limit", "0"], prog_name="leaderboards")
    # Then it is the inner one that says so
    assert ended.value.code == 2
    assert "Invalid value for '--limit'" in capsys.readouterr().err


def test_help_imports_no_room() -> None:
    code = (
        "import sys, cli.__main__ as it\n"
        "try: it.program(['--help'], prog_name='x')\n"
        "except SystemExit: pass\n"
        "print(*(m for m in sys.modules if m.split('.')[0] in "
        "('celery', 'redis', 'pydantic', 'tasks', 'feeds', 'history', 'watch', 'config', 'deploy',"
        "'leaderboard')))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[-1] == ""


@pytest.mark.parametrize("target", COMMANDS.values(), ids=COMMANDS)
def test_each_target_has_a_main(target: Target) -> None:
    assert callable(import_module(target.module).main)
