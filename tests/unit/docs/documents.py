"""The project's documents, taken apart."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.checkout import CHECKOUT

DOCUMENTS = [*sorted(CHECKOUT.glob("*.md")), *sorted(CHECKOUT.glob("docs/**/*.md"))]

_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


def name(document: Path) -> str:
    """Its path in the checkout, for the names of tests."""
    return str(document.relative_to(CHECKOUT))


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [body for of, body in _FENCED.findall(document.read_text()) if of == language]


def prose(document: Path) -> str:
    """The text without its fenced blocks."""
    return _FENCED.sub("", document.read_text())


def links(document: Path) -> list[str]:
    return _LINK.findall(prose(document))


def code(document: Path) -> list[str]:
    """What stands in backticks in the text."""
    return _CODE.findall(prose(document))


def anchors(document: Path) -> set[str]:
    """The anchors of its headings, as web hosts of repositories make them."""
    headings = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(document: Path) -> Iterator[str]:
    """The shell commands in it: the lines of its shell blocks, and what stands in backticks in the text."""
    for block in blocks(document, "sh"):
        yield from block.replace("\\\n", " ").splitlines()
    yield from code(document)
