"""What tests of the doctor's checks stand on."""

import pytest

from tasks.doctor.checks import publishing, worker_state


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks do not wait long for the next bar, nor for workers, of which there are none."""
    monkeypatch.setattr(publishing, "BETWEEN", 0.05)
    monkeypatch.setattr(worker_state, "TIMEOUT", 0.1)
