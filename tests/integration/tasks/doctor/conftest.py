"""What tests of the doctor's checks stand on."""

import pytest

from tasks.doctor.checks import publishing


@pytest.fixture(autouse=True)
def looks_in_quick_succession(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "BETWEEN", 0.05)
