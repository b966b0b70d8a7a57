"""This machine, judged."""

import resource
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tasks.doctor.checks import machine
from tasks.doctor.finding import Severity

GB = 1 << 30


def test_packages_of_other_versions_are_wrong() -> None:
    well = {Requirement("celery>=5.7,<5.8"): "5.7.0", Requirement("rich"): "14"}
    assert machine.judge_packages(well).severity is Severity.OK
    assert machine.judge_packages({}).severity is Severity.OK
    finding = machine.judge_packages({Requirement("celery>=5.7,<5.8"): "5.4.0", Requirement("rich"): None})
    assert finding.severity is Severity.WRONG
    assert "celery 5.4.0 (needed: <5.8,>=5.7), rich is missing (needed: any)" in finding.says


def test_what_is_installed_here_is_of_the_right_versions() -> None:
    (finding,) = machine._check_packages({})
    assert (finding.severity, finding.says.startswith("0 ")) == (Severity.OK, False)


def test_open_files() -> None:
    assert machine.judge_files(1_024, 4_096).severity is Severity.OK
    assert machine.judge_files(256, 65_536).severity is Severity.OK
    assert machine.judge_files(resource.RLIM_INFINITY, resource.RLIM_INFINITY).severity is Severity.OK
    assert machine.judge_files(256, 512).severity is Severity.WARNING


@pytest.mark.parametrize(
    ("free", "memory", "severity"),
    [
        (10 * GB, GB, Severity.OK),
        (GB // 2, 0, Severity.WARNING),
        (3 * GB, 2 * GB, Severity.WARNING),
        (GB, 2 * GB, Severity.WRONG),
    ],
)
def test_disks(free: int, memory: int, severity: Severity) -> None:
    assert machine.judge_disk("/data", free, memory).severity is severity


def test_the_heartbeats_file(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    assert machine.judge_heartbeat(file, 0).severity is Severity.WARNING
    file.touch()
    written = file.stat().st_mtime
    assert machine.judge_heartbeat(file, written).severity is Severity.OK
    assert machine.judge_heartbeat(file, written + 60).severity is Severity.WARNING
    assert machine.judge_heartbeat(tmp_path / "no" / "heartbeat", written).severity is Severity.WRONG
