"""What the documents say is there is there: links, files, settings, make's targets, examples in Python."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from config.settings import Settings
from tests.support.checkout import CHECKOUT
from tests.unit.docs import documents
from tests.unit.docs.documents import DOCUMENTS

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=documents.name)

#: Variables that are not the project's settings: other programs read them.
OTHERS = re.compile(
    r"REDIS_PASSWORD_\w+|REDISCLI_AUTH|REDIS_MAXMEMORY|OTEL_\w+|GATEWAY_ADDRESS"
    r"|FLOWER_(BASIC_AUTH|ADDRESS|PURGE_OFFLINE_WORKERS)"
    r"|(REDIS|GATEWAY|FLOWER|PROMETHEUS|GRAFANA|ALERTMANAGER)_PORT|ALERT_WEBHOOK_URL|LEADERBOARDS_IMAGE"
    r"|(SCREENS|ALERTS)_FOLDER|CONTAINER_(BUILD|COMPOSE)|\w+_PROXY|MARKET_DATA"
)
ROOMS = ("bench", "config", "deploy", "docs", "feeds", "history", "leaderboard", "tasks", "tests", "watch")


def test_the_readme_is_short() -> None:
    assert len((CHECKOUT / "README.md").read_text().splitlines()) <= 120


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    for link in documents.links(document):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{link}: no such file"
        assert not anchor or anchor in documents.anchors(target), f"{link}: no such heading"


@each_document
def test_files_that_are_named_exist(document: Path) -> None:
    for text in documents.code(document):
        if re.fullmatch(rf"({'|'.join(ROOMS)})/[\w./-]*", text):
            assert (CHECKOUT / text).exists(), f"{text}: no such file"


@each_document
def test_settings_that_are_named_exist(document: Path) -> None:
    settings = {field.upper() for field in Settings.model_fields}
    for text in documents.code(document):
        for variable in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text.partition("=")[0]):
            assert variable in settings or OTHERS.fullmatch(variable), f"{variable}: no such setting"


@each_document
def test_defaults_that_are_named_are_right(document: Path) -> None:
    """Given a number behind a setting, as in `QUEUE_BOUND` (20,000), then it is the default."""
    for name, number in re.findall(r"`([A-Z_]+)`(?: \(|, )(\d{1,3}(?:,\d{3})*)\b", documents.prose(document)):
        if field := Settings.model_fields.get(name.lower()):
            assert field.default == float(number.replace(",", "")), f"{name} is {field.default} by default"


@each_document
def test_targets_of_make_that_are_named_exist(document: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    for command in documents.commands(document):
        for target in re.findall(r"(?:^|\s)make ([a-z][a-z-]*)", command):
            assert target in targets, f"make {target}: no such target"


@each_document
def test_examples_in_python_fit_the_code(document: Path) -> None:
    for block in documents.blocks(document, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = importlib.import_module(node.module)
                for alias in node.names:
                    assert hasattr(module, alias.name), f"{node.module} has no {alias.name}"
