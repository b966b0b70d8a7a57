"""Commands that the documents name have the subcommands and options that they are named with."""

import importlib
import importlib.util
import re
import shlex
from functools import cache
from typing import Any

import pytest
import typer

from tests.support.checkout import CHECKOUT
from tests.unit.docs import documents
from tests.unit.docs.documents import DOCUMENTS

_OURS = re.compile(
    r"(?:^|[\s;/])python -m ((?:bench|config|deploy|docs|feeds|history|tasks|tests|watch)(?:\.\w+)*)(.*)"
)


def _named() -> list[Any]:
    """Each command of the project that a document names, once: its module and what follows."""
    named: dict[str, tuple[str, str]] = {}
    for document in DOCUMENTS:
        for command in documents.commands(document):
            if match := _OURS.search(command.split(" # ")[0].split(" > ")[0]):
                named[match[0].strip()] = match[1], match[2]
    return [pytest.param(*command, id=text) for text, command in sorted(named.items())]


@pytest.mark.parametrize(("module", "arguments"), _named())
def test_a_command_exists_as_it_is_named(module: str, arguments: str) -> None:
    command = _command(module)
    for word in shlex.split(arguments.replace("...", "").replace("`", "")):
        subcommands = getattr(command, "commands", {})
        if word.startswith("-"):
            options = {option for parameter in command.params for option in parameter.opts}
            assert word.partition("=")[0] in options, f"{module} knows no {word}"
        elif subcommands and not word.isupper():
            assert word in subcommands, f"{module} has no subcommand {word}"
            command = subcommands[word]


def test_documents_name_commands() -> None:
    """The test above is no empty loop."""
    assert len(_named()) > 20


@cache
def _command(module: str) -> Any:
    """The command line of a module, without running it."""
    path = CHECKOUT / module.replace(".", "/")
    name = f"{module}.__main__" if path.is_dir() else module
    assert importlib.util.find_spec(name), f"there is no {name}"
    imported = importlib.import_module(name)
    for each in ("app", "program"):
        if isinstance(found := getattr(imported, each, None), typer.Typer):
            return typer.main.get_command(found)
    # A program of one command, or one without any options.
    alone = typer.Typer(add_completion=False)
    if module_main := getattr(imported, "main", None):
        alone.command()(module_main)
        return typer.main.get_command(alone)
    return typer.main.get_command(_empty())


def _empty() -> typer.Typer:
    program = typer.Typer(add_completion=False)

    @program.command()
    def nothing() -> None: ...

    return program
