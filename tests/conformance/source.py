"""Kombu's tests, from the source distribution of the version that the lock names."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.checkout import CHECKOUT

_LOCK = CHECKOUT / "requirements-dev.lock"


def locked(package: str) -> str:
    """A package's lines of the lock: its version, then its hashes."""
    found = re.search(rf"^{package}==.*(?:(?<=\\)\n.*)*", _LOCK.read_text(), re.MULTILINE)
    assert found, f"{package} is not in {_LOCK.name}"
    return found[0]


def fetch(folder: Path) -> Path:
    """Download and unpack kombu's source distribution into a folder.

    Returns:
        where its tests are to be run: it holds them and their settings, but no kombu that they could import.

    Raises:
        subprocess.CalledProcessError: pip did not get it, or got something else than the lock names.
    """
    requirement = folder / "requirement.txt"
    requirement.write_text(locked("kombu"))
    # pip asks the source for its metadata. Without isolation that runs nothing that the lock does not name.
    options = ["--quiet", "--no-deps", "--no-binary", "kombu", "--no-build-isolation", "--require-hashes"]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "--dest", folder, "--requirement", requirement],
        check=True,
    )
    (archive,) = folder.glob("kombu-*.tar.gz")
    shutil.unpack_archive(archive, folder)
    root = folder / archive.name.removesuffix(".tar.gz")
    shutil.rmtree(root / "kombu")
    return root
