"""The units for systemd agree with the Procfile and the settings, and systemd finds nothing wrong with them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from honcho.environ import parse_procfile  # type: ignore[import-untyped]
from ruamel.yaml import YAML

from config.heartbeat import STUCK
from config.settings import Settings
from tests.support.checkout import CHECKOUT

FOLDER = CHECKOUT / "deploy" / "systemd"
DOCUMENT = CHECKOUT / "docs" / "operations" / "systemd.md"
COMMON = FOLDER / "leaderboards-.service.d" / "common.conf"
SERVICES = sorted(FOLDER.glob("*.service"))
WORKERS = {"worker", "clock"}
PROCESSES: dict[str, str] = parse_procfile((CHECKOUT / "Procfile").read_text()).processes
#: The exposure that systemd computes, from 0 to 10, may be this at most.
EXPOSURE = 2.0


def part(unit: Path) -> str:
    return unit.stem.removeprefix("leaderboards-").removesuffix("@")


def instance(unit: Path) -> str:
    """A unit's name, of a template with an instance."""
    return unit.name.replace("@.", "@1.")


def values(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)


def command(unit: Path) -> str:
    """What a unit runs, as the first of its instances, as a shell would be told."""
    (line,) = values(unit, "ExecStart")
    return line.replace("/opt/leaderboards/bin/", "").replace("%i", "1").replace("%%", "%")


# --- what runs


def test_every_process_has_a_unit() -> None:
    assert {part(unit) for unit in SERVICES} == {*PROCESSES, "feed"}


@pytest.mark.parametrize("unit", SERVICES, ids=part)
def test_units_run_what_the_procfile_says(unit: Path) -> None:
    """Given a unit, then it runs the Procfile's command, under a name of its own where there may be several."""
    expected = {**PROCESSES, "feed": "python -m feeds massive"}[part(unit)]
    if "@" in unit.name:
        expected = re.sub(r"-n (\w+)@", r"-n \g<1>1@", expected)
    # systemd knows no default for a variable: the unit sets it before the settings do.
    for name, default in re.findall(r"\$\{(\w+):-([\d.]+)\}", expected):
        assert f"{name}={default}" in values(unit, "Environment")
        expected = expected.replace(f"${{{name}:-{default}}}", f"${{{name}}}")

    assert shlex.split(command(unit)) == shlex.split(expected)


@pytest.mark.parametrize("unit", SERVICES, ids=part)
def test_the_target_starts_and_stops_every_unit(unit: Path) -> None:
    assert values(unit, "WantedBy") == ["leaderboards.target"]
    assert values(COMMON, "PartOf") == ["leaderboards.target"]


def test_units_stop_as_deployments_do() -> None:
    """Given a stop, then the main process alone is told, and has as long as elsewhere."""
    assert values(COMMON, "KillMode") == ["mixed"]
    assert (
        f"stop_grace_period: {values(COMMON, 'TimeoutStopSec')[0]}s"
        in (CHECKOUT / "docker-compose.yml").read_text()
    )


@pytest.mark.parametrize("unit", SERVICES, ids=part)
def test_only_who_notifies_is_watched(unit: Path) -> None:
    """Given a worker, which notifies systemd, then it counts as stuck as early as by its probe."""
    watched = ["notify"] if part(unit) in WORKERS else ["exec"]

    assert values(unit, "Type") == watched
    assert values(unit, "WatchdogSec") == ([f"{STUCK:.0f}"] if part(unit) in WORKERS else [])


def test_the_example_sets_settings() -> None:
    """Given the example's variables, then each is a setting or Flower's, and those that are set are right."""
    text = (FOLDER / "environment").read_text()
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    offered = set(re.findall(r"^#([A-Z_]+)=$", text, re.MULTILINE))

    assert {
        name.lower() for name in given.keys() | offered - {"FLOWER_BASIC_AUTH"}
    } <= Settings.model_fields.keys()
    Settings.model_validate({name.lower(): value for name, value in given.items()})


def test_the_page_names_what_is_there() -> None:
    text = DOCUMENT.read_text()

    assert {f"leaderboards-{part(unit)}" for unit in SERVICES} <= set(re.findall(r"leaderboards-\w+", text))
    for unit in SERVICES:
        assert f"`{unit.stem.replace('@', '@N')}`" in text


def test_redis_is_set_as_in_the_compose_file() -> None:
    """Given the page's lines for redis.conf, then they are the options of the container."""
    (lines,) = re.findall(r"<<'END'\n(.*?)\nEND\n", DOCUMENT.read_text(), re.DOTALL)
    compose = YAML(typ="safe").load(CHECKOUT / "docker-compose.yml")
    _, *options = (re.sub(r"\$\{\w+:-(\w+)\}", r"\1", word) for word in compose["services"]["redis"]["command"])

    assert shlex.split(lines) == [option.removeprefix("--") for option in options]


# --- systemd's own judgement


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units in a folder, with this checkout's programs."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    programs = Path(sys.executable).parent
    for unit in tmp_path.glob("*.service"):
        unit.write_text(unit.read_text().replace("/opt/leaderboards/bin", str(programs)))
    return tmp_path


def analyze(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""}
    call = ["systemd-analyze", *arguments]
    return subprocess.run(call, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_systemd_understands_the_units(installed: Path) -> None:
    """Given the units, then systemd verifies them without a word; one that is misspelt it would mention."""
    names = ["./leaderboards.target", *(f"./{instance(unit)}" for unit in SERVICES)]
    verified = analyze("verify", *names, cwd=installed)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")

    conf = installed / "leaderboards-.service.d" / "common.conf"
    conf.write_text(conf.read_text().replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in analyze("verify", "./leaderboards-web.service", cwd=installed).stderr


@pytest.mark.parametrize("unit", SERVICES, ids=part)
def test_units_are_little_exposed(installed: Path, unit: Path) -> None:
    judged = analyze("security", "--offline=true", f"./{instance(unit)}", cwd=installed)

    (exposure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", judged.stdout)
    assert float(exposure) <= EXPOSURE
