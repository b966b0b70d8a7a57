"""The fields of rows that an answer has."""

import csv
import io
import json

from msgspec import Raw

from watch.gateway.http.api.answers.row_columns import RowColumns

KNOWN = ("symbol", "close", "change")
ROWS = [
    Raw(b'{"rank":1,"symbol":"AAPL","close":1e+20,"change":-0.5}'),
    Raw(b'{"rank":2,"symbol":"BRK.A","close":0.1,"change":null}'),
]


def test_rows_are_left_as_they_are_without_a_choice() -> None:
    assert RowColumns(None, KNOWN).of(ROWS) == ROWS


def test_chosen_fields_keep_their_text() -> None:
    columns = RowColumns(("change", "close"), KNOWN)

    assert [bytes(row) for row in columns.of(ROWS)] == [
        b'{"rank":1,"symbol":"AAPL","change":-0.5,"close":1e+20}',
        b'{"rank":2,"symbol":"BRK.A","change":null,"close":0.1}',
    ]


def test_a_field_that_a_row_lacks_is_null() -> None:
    (row,) = RowColumns(("new",), (*KNOWN, "new")).of(ROWS[:1])

    assert json.loads(bytes(row)) == {"rank": 1, "symbol": "AAPL", "new": None}


def test_csv_has_the_numbers_of_the_json_and_empty_cells_for_null() -> None:
    text = RowColumns(None, KNOWN).csv(ROWS).decode()

    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["rank", "symbol", "close", "change"],
        ["1", "AAPL", "1e+20", "-0.5"],
        ["2", "BRK.A", "0.1", ""],
    ]
    assert text.splitlines(keepends=True)[-1] == "2,BRK.A,0.1,\r\n"


def test_csv_without_rows_has_its_header() -> None:
    assert RowColumns(("close",), KNOWN).csv([]) == b"rank,symbol,close\r\n"
