"""``python -m tests.properties --examples 5000``: the core's property tests, and how many examples each tried.

The quick tests try a few dozen of each. If one fails, hypothesis prints the smallest example that does, and the
exit code is 1.
"""

import os
import re
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from rich.console import Console
from rich.table import Table

# Of the table, in characters.
_WIDTH = 100
#: Where they are looked for.
FOLDERS = tuple(f"tests/{tier}/{room}" for room in ("leaderboard", "history") for tier in ("unit", "integration"))


@dataclass(eq=False)
class Counts:
    """A pytest plugin that counts the examples of each test. It is compared by identity, as pytest hashes it.

    Attributes:
        examples: by the test's name, how many passed.
    """

    examples: dict[str, int] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        # Hypothesis leaves what --hypothesis-show-statistics prints on the item, a line for each phase.
        statistics = getattr(item, "hypothesis_statistics", "")
        if statistics:
            self.examples[item.name] = sum(map(int, re.findall(r"(\d+) passing", statistics)))
        return (yield)


def main(
    examples: Annotated[int, typer.Option(help="Of each test that compares with the oracle.")] = 2_000,
) -> None:
    """Try many examples of what the system promises, and print how many."""
    # Before pytest imports the tests, which read it.
    os.environ["PROPERTY_EXAMPLES"] = str(examples)
    counts = Counts()
    os.chdir(Path(__file__).parents[2])
    code = pytest.main(["-q", "-m", "hypothesis and not slow", *FOLDERS], plugins=[counts])
    table = Table("property", title=f"{sum(counts.examples.values()):,} examples")
    table.add_column("examples that passed", justify="right")
    for name, count in counts.examples.items():
        table.add_row(name.removeprefix("test_").replace("_", " "), f"{count:,}")
    # A fixed width: in a narrow terminal or a file, rich would wrap names.
    Console(width=_WIDTH).print(table)
    raise typer.Exit(int(code))


if __name__ == "__main__":
    typer.run(main)
