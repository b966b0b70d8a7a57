"""The command's options."""

import pytest
from typer.testing import CliRunner

from tasks.__main__ import program


@pytest.mark.parametrize(
    "gateway", ["web:8000", "ftp://web", "http://[::1", "http://web:port", "http://me:secret@web:8000"]
)
def test_a_gateway_is_named_by_its_url(gateway: str) -> None:
    # When something else is given
    result = CliRunner().invoke(program, ["doctor", "--gateway", gateway])
    # Then nothing is looked at: it is not said that a gateway does not answer, and no password is shown
    assert (result.exit_code, result.stdout) == (2, "")
    assert "http://HOST:8000" in result.stderr
    assert "secret" not in result.stderr
