"""Virtual environments of the libraries that the project itself does not need, in ``.run/peers``.

Each holds the project's own packages, from ``requirements.lock``, and over them a library's, from the lock of the
environment's name in ``bench/peers/requirements``.
"""

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.child import ROOT

REQUIREMENTS = Path(__file__).parent / "requirements"
_PROJECT = ROOT / "requirements.lock"
_FOLDER = ROOT / ".run" / "peers"


class MissingPythonError(Exception):
    """This machine has no Python of a version that a library needs."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment.

    Attributes:
        name: of its lock.
        python: the version of Python that it needs, such as "3.13"; None: the one that runs this.
    """

    name: str
    python: str | None = None

    @property
    def executable(self) -> Path:
        return _FOLDER / self.name / "bin" / "python"

    @property
    def lock(self) -> Path:
        return REQUIREMENTS / f"{self.name}.lock"

    @property
    def is_installed(self) -> bool:
        """Whether it is there, and its locks have not changed since."""
        return self._stamp.exists() and self._stamp.read_text() == self._locks()

    def prepare(self) -> None:
        """Make it, unless it is installed.

        Raises:
            MissingPythonError: there is no such Python.
            subprocess.CalledProcessError: packages cannot be installed.
        """
        if self.is_installed:
            return
        python = self._python()
        subprocess.run([python, "-m", "venv", "--clear", _FOLDER / self.name], check=True)
        for lock in (_PROJECT, self.lock):
            # Without dependencies: each lock names all of its own.
            options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
            subprocess.run([self.executable, "-m", "pip", "install", *options, "-r", lock], check=True)
        self._stamp.write_text(self._locks())

    @property
    def _stamp(self) -> Path:
        return _FOLDER / self.name / "installed"

    def _locks(self) -> str:
        return hashlib.sha256(_PROJECT.read_bytes() + self.lock.read_bytes()).hexdigest()

    def _python(self) -> str:
        if self.python is None:
            return sys.executable
        found = shutil.which(f"python{self.python}")
        # A shim of pyenv is there for versions that are not selected too.
        if found and not subprocess.run([found, "--version"], capture_output=True).returncode:
            return found
        raise MissingPythonError(f"needs Python {self.python}, which is not here")
