"""The long run, for some seconds, and what it would tell of."""

from pathlib import Path

import msgspec
import pytest

from bench.soak.clients import Lag
from bench.soak.findings import Findings
from bench.soak.watch import Publication, Sample
from tests.support.processes import Processes


def test_a_short_run_is_sound(tmp_path: Path) -> None:
    # When everything runs for some seconds
    files = {"--json": tmp_path / "soak.json", "--png": tmp_path / "soak.png"}
    options = [text for option, file in files.items() for text in (option, str(file))]
    run = Processes(tmp_path).run(
        "bench.soak", "--minutes", "0.2", "--rate", "200", "--symbols", "200", "--clients", "5", *options
    )

    # Then every bar is on the boards, and each second was published once. If the machine stands still for most of
    # a second, as it may beside other tests, it is lost, and the next snapshot has what it would have had
    output = run.stdout + run.stderr
    assert files["--json"].exists(), output
    told = msgspec.json.decode(files["--json"].read_bytes(), type=Findings)
    assert told.faults() in ([], ["1 seconds without a snapshot"]), output
    assert run.returncode == len(told.faults())
    assert "2,400 bars sent, 0 missing, 0 rows wrong" in run.stdout
    assert len(told.publications) >= 8
    assert sum(window.quotes for window in told.lags) > 1_000
    assert files["--png"].read_bytes().startswith(b"\x89PNG")


def sound() -> Findings:
    """A run of two minutes in which nothing happened."""
    keys = {"quote": 10, "broker: aggs": 0}
    return Findings(
        machine={},
        rate=1,
        symbols=10,
        clients=1,
        first=1000,
        sent=120,
        missing=0,
        wrong=0,
        left=0,
        dead=0,
        behind=0.0,
        boards=[360],
        dropped=0,
        samples=[Sample(5.0 * n, {"worker": 100.0 + n % 2}, 10.0, 1.0, 0, 0, dict(keys)) for n in range(24)],
        publications=[Publication(1000.25 + n, 1000 + n) for n in range(120)],
        lags=[Lag(1005.0 + 5 * n, 100, 0.01, 0.02, 0.03) for n in range(24)],
        tried=[*range(1000, 1125)],
    )


def drift(run: Findings, seconds: float) -> None:
    """Have each snapshot come a little later than the one before, and the last one so many seconds."""
    for n, publication in enumerate(run.publications):
        publication.at += seconds * n / len(run.publications)


def test_a_sound_run_has_no_fault() -> None:
    assert sound().faults() == []


def test_the_first_and_the_last_seconds_may_be_without_a_snapshot() -> None:
    run = sound()

    # When clients had come a little late, and publishing ended a little early
    run.publications = run.publications[2:-2]
    run.boards = [348]

    # Then that is no fault
    assert run.faults() == []


def test_a_finished_run_can_be_judged_from_its_figures() -> None:
    # Given a run that lost its publisher halfway
    run = sound()
    del run.publications[60:]

    # When its figures are read back
    read = msgspec.json.decode(run.json(), type=Findings)

    # Then they tell the same
    assert read.faults() == run.faults() == ["58 seconds without a snapshot"]


def test_a_missed_second_in_which_nobody_tried_is_known() -> None:
    # Given two seconds without a snapshot, in one of which nobody tried to publish
    run = sound()
    del run.publications[50], run.publications[70]
    run.tried.remove(1050)

    # Then they are told apart
    assert run.missed() == [1050, 1071]
    assert run.untried() == [1050]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda run: setattr(run, "missing", 2), "2 bars missing"),
        (lambda run: setattr(run, "wrong", 1), "1 rows wrong"),
        (lambda run: setattr(run, "left", 3), "3 messages left"),
        (lambda run: setattr(run, "dead", 1), "1 dead letters"),
        (lambda run: setattr(run, "dropped", 2), "2 clients dropped by the gateway"),
        (lambda run: run.publications.pop(50), "1 seconds without a snapshot"),
        (lambda run: run.publications.__delitem__(slice(5, None)), "113 seconds without a snapshot"),
        (lambda run: run.publications.__delitem__(slice(None, 20)), "18 seconds without a snapshot"),
        (lambda run: run.publications.clear(), "116 seconds without a snapshot"),
        (lambda run: run.publications.append(run.publications[-1]), "1 snapshots of a second that had one"),
        (lambda run: drift(run, 0.6), "snapshots come +400 ms later in their second"),
        (lambda run: drift(run, -0.2), "snapshots come -133 ms later in their second"),
        (lambda run: run.boards.append(0), "a client of boards got 0 of 348"),
        (lambda run: run.boards.append(347), "a client of boards got 347 of 348"),
        (lambda run: run.boards.clear(), "a client of boards got 0 of 348"),
        (lambda run: run.lags.clear(), "24 times 5 s without a quote"),
        (lambda run: run.lags.pop(7), "1 times 5 s without a quote"),
        (lambda run: setattr(run.lags[-1], "quotes", 0), "1 times 5 s without a quote"),
        (
            lambda run: [sample.memory.update(worker=100 + sample.at) for sample in run.samples],
            "worker grew by 85.0 MB",
        ),
        (lambda run: run.samples[-1].keys.update(quote=11), "quote: 10 keys, then 11"),
        (lambda run: run.samples[-1].keys.update(new=1), "new: 0 keys, then 1"),
    ],
)
def test_what_is_not_sound_is_told(spoil: object, fault: str) -> None:
    run = sound()

    assert callable(spoil)
    spoil(run)

    assert run.faults() == [fault]
