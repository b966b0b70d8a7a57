"""How recording stands, judged."""

from dataclasses import replace

import pytest

from leaderboard.tape.recorder_report import RecorderReport
from tasks.doctor.finding import Severity
from tasks.doctor.recording import judge

NOW = 1_795_000_000.0
REPORT = RecorderReport("host", "/history", position=1_000, seen_at=round(NOW * 1000) - 3_000)


@pytest.mark.parametrize(
    ("report", "is_recorded", "severity", "says"),
    [
        (None, False, Severity.OK, "nobody records, so no history is kept"),
        (None, True, Severity.WRONG, "the tape is written, and no recorder takes it to disk"),
        (REPORT, True, Severity.OK, "all but the last 200 bars are on disk, in /history on host"),
        (
            replace(REPORT, failure="No space left on device"),
            True,
            Severity.WRONG,
            "the recorder cannot write to /history on host: No space left on device; 200 bars wait on the tape",
        ),
        (
            # What failed before it stopped does not matter any more.
            replace(REPORT, seen_at=round(NOW * 1000) - 90_000, failure="No space left on device"),
            True,
            Severity.WRONG,
            "the recorder of /history on host was last seen 90 s ago; 200 bars wait on the tape",
        ),
        (
            replace(REPORT, seen_at=round(NOW * 1000) - 7_200_000),
            False,
            Severity.WARNING,
            "nobody records any more: the last recorder, of /history on host, was seen 120 minutes ago",
        ),
    ],
)
def test_recording(report: RecorderReport | None, is_recorded: bool, severity: Severity, says: str) -> None:
    [finding] = judge(report, is_recorded, 200, NOW)
    assert (finding.severity, finding.says) == (severity, says)


def test_a_gap_of_the_last_day_is_a_warning() -> None:
    of_late = replace(REPORT, gap_at=round(NOW * 1000) - 600_000, gap_why="Redis lost data.")
    *_, gap = judge(of_late, True, 0, NOW)
    assert gap.severity is Severity.WARNING
    assert gap.says == "history has a gap that ended 10 minutes ago: Redis lost data."
    assert len([*judge(replace(of_late, gap_at=1), True, 0, NOW)]) == 1
