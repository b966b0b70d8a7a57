"""What users read of an error."""

import duckdb
import pytest

from history.errors import reason

FULL = (
    'IO Error: Async write failed for range [offset=0, size=9]: {"exception_type":"IO","exception_message":'
    '"Could not write file \\"/h/ticks.parquet\\": No space left on device","errno":"28"}\n\nLINE 1: COPY'
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (duckdb.IOException(FULL), 'Could not write file "/h/ticks.parquet": No space left on device'),
        (duckdb.IOException("IO Error: No files found\n\nLINE 1: FROM"), "IO Error: No files found"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (ValueError(), "ValueError"),
    ],
)
def test_the_reason_is_one_line(error: Exception, text: str) -> None:
    assert reason(error) == text
