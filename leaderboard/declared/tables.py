"""Reads a TOML file of tables of one name. Every mistake in it is one sentence with file, line and reason."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from leaderboard.declared.toml_lines import Statement, statements

# Of a title or a caption, in characters.
_LONGEST_WORDS = 80
_KINDS = {str: "a text", int: "a whole number", list: "a list of texts"}
_ERROR_LINE = re.compile(r" \(at line (\d+), column (\d+)\)")

_T = TypeVar("_T")


class DeclarationError(Exception):
    """The file is wrong or cannot be read; the text has a line for each mistake."""


@dataclass(frozen=True, order=True)
class Mistake:
    """What is wrong on a line, counted from 1."""

    line: int
    reason: str


@dataclass(frozen=True)
class Form:
    """Which tables a file may have, and what may stand in them.

    Attributes:
        table: the name of each, such as ``screen``; with an s behind it several are meant.
        types: of each key that is known, the type of its value; a list is one of texts.
        required: the keys that no table may lack.
        most: tables at most.
    """

    table: str
    types: Mapping[str, type]
    required: Sequence[str]
    most: int


@dataclass
class _Table:
    """What one table says: its line, and the statement of each key."""

    line: int
    keys: dict[str, Statement] = field(default_factory=dict)


def load(path: Path, form: Form, read: Callable[["TableReader"], _T | None]) -> tuple[_T, ...]:
    """What the tables of a file declare, in its order.

    Args:
        path: of the file.
        form: of its tables.
        read: makes one of a table; None: something is wrong with it, which the reader has noted.

    Raises:
        DeclarationError: the file is wrong or cannot be read.
    """
    try:
        document = path.read_bytes().decode()
    except OSError as error:
        raise DeclarationError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DeclarationError(f"{path}:{line}: it is not UTF-8") from error
    mistakes: list[Mistake] = []
    declared = [read(reader) for reader in _readers(document.replace("\r\n", "\n"), form, mistakes)]
    if mistakes:
        raise DeclarationError("\n".join(f"{path}:{each.line}: {each.reason}" for each in sorted(mistakes)))
    return tuple(each for each in declared if each is not None)


def _readers(document: str, form: Form, mistakes: list[Mistake]) -> Iterator["TableReader"]:
    try:
        tomllib.loads(document)
    except (ValueError, RecursionError) as error:
        mistakes.append(_invalid(document, error))
        return
    tables = _tables(document, form.table, mistakes)
    if len(tables) > form.most:
        reason = f"at most {form.most} {form.table}s are allowed, not {len(tables):,}"
        mistakes.append(Mistake(tables[form.most].line, reason))
    readers = [TableReader(form, table, mistakes) for table in tables[: form.most]]
    yield from readers
    mistakes += _declared_twice(form, readers)


def _invalid(document: str, error: ValueError | RecursionError) -> Mistake:
    """What the parser says of a document that is no TOML, and the line that it means."""
    said = str(error)
    if found := _ERROR_LINE.search(said):
        return Mistake(int(found[1]), f"no valid TOML: {said[: found.start()]}, column {found[2]}")
    if isinstance(error, tomllib.TOMLDecodeError):
        last = document.rstrip("\n").count("\n") + 1
        return Mistake(last, f"no valid TOML: {said.partition(' (at ')[0]} at the end of the file")
    # A number with too many digits, or arrays nested too deep.
    return Mistake(_first_failing_line(document), f"it cannot be read: {said.partition(';')[0]}")


def _first_failing_line(document: str) -> int:
    """The line that lets the parser fail with another error than one of TOML's."""
    lines = document.split("\n")
    for count in range(1, len(lines)):
        try:
            tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        except (ValueError, RecursionError):
            return count
    return len(lines)


def _tables(document: str, name: str, mistakes: list[Mistake]) -> list[_Table]:
    """The tables of a name. Whatever else the file says is a mistake."""
    tables: list[_Table] = []
    open_table: _Table | None = None
    outside = f"every key belongs to a table [[{name}]]"
    for statement in statements(document):
        ((key, value),) = statement.content.items()
        if statement.is_header:
            open_table = _Table(statement.line) if key == name and value == [{}] else None
            if open_table:
                tables.append(open_table)
            else:
                mistakes.append(Mistake(statement.line, f"no table but [[{name}]] is known"))
                outside = ""
        elif open_table:
            open_table.keys.setdefault(key, statement)
        elif outside:
            mistakes.append(Mistake(statement.line, outside))
    return tables


def _declared_twice(form: Form, readers: Sequence["TableReader"]) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for reader in readers:
        if reader.name is None:
            continue
        line = reader.line("name")
        if reader.name in first:
            reason = f"the {form.table} {reader.name} is declared twice, first on line {first[reader.name]}"
            yield Mistake(line, f"name: {reason}")
        first.setdefault(reader.name, line)


class TableReader:
    """Reads one table, and notes what is wrong with it.

    Attributes:
        name: what the table's ``name`` says, once it was read; None: it has none, or an invalid one.
        is_wrong: whether a mistake was found in it.
    """

    def __init__(self, form: Form, table: _Table, mistakes: list[Mistake]) -> None:
        self._form = form
        self._table = table
        self._mistakes = mistakes
        self.name: str | None = None
        self.is_wrong = False
        self._check_keys()

    def has(self, key: str) -> bool:
        """Whether it has a key, whatever stands there."""
        return key in self._table.keys

    def line(self, key: str) -> int:
        """The line of a key; that of the table if it lacks the key."""
        statement = self._table.keys.get(key)
        return statement.line if statement else self._table.line

    def read_name(self, check: Callable[[str], str]) -> str | None:
        """The checked ``name``, by which a second table of the same name is noticed."""
        self.name = self.read("name", check)
        return self.name

    def read(self, key: str, check: Callable[[Any], _T]) -> _T | None:
        """The value of a key; None if it is not there, or wrong.

        Args:
            key: one of the form's.
            check: returns what the value means; raises ValueError with a sentence if it is wrong.
        """
        value = self._value(key)
        return None if value is None else self._checked(key, self.line(key), check, value)

    def read_each(self, key: str, check: Callable[[str], _T], most: int | None = None) -> list[_T]:
        """The texts of a list, each checked as :meth:`read` does; wrong ones are left out.

        Args:
            key: one of the form's.
            check: as of :meth:`read`.
            most: conditions at most, where the list is of conditions.
        """
        texts = self._value(key)
        if texts is None:
            return []
        lines = self._table.keys[key].element_lines()
        if most is not None and len(texts) > most:
            self.note(f"{key}: at most {most} conditions are allowed, not {len(texts):,}", lines[most])
            return []
        return [
            value
            for line, text in zip(lines, texts, strict=True)
            if (value := self._checked(key, line, check, text)) is not None
        ]

    def note(self, reason: str, line: int | None = None) -> None:
        """Note a mistake.

        Args:
            reason: a sentence.
            line: where it is; None: that of the table.
        """
        self.is_wrong = True
        self._mistakes.append(Mistake(self._table.line if line is None else line, reason))

    def _check_keys(self) -> None:
        types = self._form.types
        for key in self._table.keys.keys() - types.keys():
            similar = get_close_matches(key, types, 1)
            suggestion = f"; did you mean {similar[0]}?" if similar else f"; known are {', '.join(types)}"
            self.note(f"there is no key {key[:40]!a}{suggestion}", self.line(key))
        for key in self._form.required:
            if key not in self._table.keys:
                self.note(f"the {self._form.table} has no {key}")

    def _value(self, key: str) -> Any:
        """The value of a key; None if it is not there, or of another type."""
        if key not in self._table.keys:
            return None
        value: Any = self._table.keys[key].content[key]
        kind = self._form.types[key]
        # Not isinstance: true is an int in Python.
        if type(value) is not kind or (isinstance(value, list) and not _are_texts(value)):
            self.note(f"{key}: it has to be {_KINDS[kind]}", self.line(key))
            return None
        return value

    def _checked(self, key: str, line: int, check: Callable[[Any], _T], value: Any) -> _T | None:
        try:
            return check(value)
        except ValueError as error:
            self.note(f"{key}: {error}", line)
            return None


def _are_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


# --- checks of values that several kinds of tables have, which raise ValueError


def words(text: str) -> str:
    """A title or a caption."""
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST_WORDS:
        raise ValueError(f"it has to be 1 to {_LONGEST_WORDS} characters of one line")
    return text


def number_within(least: int, number: int, most: int) -> int:
    """A whole number from `least` to `most`."""
    if not least <= number <= most:
        raise ValueError(f"it has to be from {least:,} to {most:,}, not {number:,}")
    return number
