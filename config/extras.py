"""Packages that only some deployments need: the extras of ``pyproject.toml``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Have the program end with what to install, if a package that is imported in here is missing.

    Args:
        name: the extra that brings the package.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        sys.exit(missing(error.name, name))


def missing(package: str | None, name: str) -> str:
    """What to say if a package of the extra `name` is missing."""
    return f"The package {package} is missing: pip install 'live-leaderboards[{name}]' brings it."
