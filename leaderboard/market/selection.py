"""What to select of the market: conditions on fields, the field that ranks, hours and how many rows.

What a user has written wrongly is refused here with a sentence, whether it comes from a file or an address.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Self, TypeVar

from leaderboard import fields
from leaderboard.boards import Order
from leaderboard.doubles import texts
from leaderboard.sessions import Hours

#: Longest text of a condition, in characters.
LONGEST_CONDITION = 200
#: The hours that rows belong to.
HOURS = (Hours.PRE, Hours.REGULAR, Hours.POST)

# A field, an operator, and what the field is compared with.
_CONDITION = re.compile(
    r"\s*(?P<field>[A-Za-z_]\w*)\s*(?P<operator>[^\w\s.+\-\"'*]*)\s*(?P<right>.*?)\s*", re.ASCII
)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d[\d_]*(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_LONGEST_QUOTATION = 40


class SelectionError(ValueError):
    """A selection cannot be made; the text is a sentence that says why.

    Attributes:
        parameter: the part of the selection that is wrong: ``by``, ``order``, ``where``, ``hours``, ``limit`` or
            ``offset``.
    """

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(reason)
        self.parameter = parameter


class ConditionError(SelectionError):
    """A condition cannot be read; the text is a sentence that says why."""

    def __init__(self, reason: str) -> None:
        super().__init__("where", reason)


class Operator(StrEnum):
    """How a condition compares two numbers."""

    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    EQUAL = "=="
    UNEQUAL = "!="


@dataclass(frozen=True)
class Condition:
    """A comparison of a row's field with a number, or with another field times a number.

    Null satisfies no condition, on either side.

    Attributes:
        field: on the left, one of :data:`leaderboard.fields.SELECTABLE`.
        operator: how they are compared.
        factor: the number; if there is an `other` field, what it is multiplied by.
        other: the field on the right.
    """

    field: str
    operator: Operator
    factor: float
    other: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``FIELD OPERATOR NUMBER``, ``FIELD OPERATOR FIELD`` or ``FIELD OPERATOR NUMBER * FIELD``.

        Raises:
            ConditionError: it cannot be read.
        """
        if len(text) > LONGEST_CONDITION:
            raise ConditionError(f"a condition has at most {LONGEST_CONDITION} characters, this one {len(text):,}")
        found = _CONDITION.fullmatch(text)
        if not found:
            raise ConditionError(f"{_quoted(text)} does not begin with a field; a condition is like close >= 2")
        try:
            field = field_named(found["field"])
            operator = _operator(found["field"], found["operator"])
            return cls(field, operator, *_right(found["right"]))
        except ValueError as error:
            raise ConditionError(f"{_quoted(text)}: {error}") from None

    def holds(self, value: Callable[[str], Any]) -> Any:
        """Whether it holds.

        Args:
            value: returns a field's value, NaN where it is null; or a column of values, and then the answer is a
                column too.
        """
        left = value(self.field)
        right = self.factor if self.other is None else self.factor * value(self.other)
        match self.operator:
            case Operator.LESS:
                return left < right
            case Operator.AT_MOST:
                return left <= right
            case Operator.GREATER:
                return left > right
            case Operator.AT_LEAST:
                return left >= right
            case Operator.EQUAL:
                return left == right
            case Operator.UNEQUAL:
                # Not `!=`, which NaN satisfies.
                return (left < right) | (left > right)

    def __str__(self) -> str:
        """As :meth:`parse` reads it."""
        (factor,) = texts([self.factor])
        right = factor if self.other is None else self.other if self.factor == 1 else f"{factor} * {self.other}"
        return f"{self.field} {self.operator} {right}"


@dataclass(frozen=True)
class Bounds:
    """How much a selection may ask for.

    Attributes:
        limit: rows.
        offset: rows left out before them.
        conditions: number of conditions.
    """

    limit: int = 500
    offset: int = 0
    conditions: int = 20


@dataclass(frozen=True)
class Selection:
    """Which rows of the market, in which order. Rows of equal value rank by symbol, ascending, byte by byte.

    Attributes:
        by: the field that ranks, one of :data:`leaderboard.fields.SELECTABLE`. Rows where it is null are left out.
        order: which of its values ranks first.
        where: conditions, all of which must hold.
        hours: the hours to one of which a row's newest bar belongs; empty: any.
        limit: rows at most.
        offset: how many of the first rows are left out.
    """

    by: str
    order: Order = Order.DESCENDING
    where: tuple[Condition, ...] = ()
    hours: tuple[Hours, ...] = ()
    limit: int = 500
    offset: int = 0

    @property
    def ascending(self) -> bool:
        return self.order is Order.ASCENDING

    @classmethod
    def parse(
        cls,
        by: str,
        order: str = Order.DESCENDING,
        where: Sequence[str] = (),
        hours: Sequence[str] = (),
        limit: int = 500,
        offset: int = 0,
        bounds: Bounds = Bounds(),
    ) -> Self:
        """A selection from texts that a user has written.

        Raises:
            SelectionError: a part of it is wrong.
        """
        try:
            field = field_named(by)
        except ValueError as error:
            raise SelectionError("by", str(error)) from None
        if len(where) > bounds.conditions:
            raise SelectionError(
                "where", f"at most {bounds.conditions} conditions are allowed, not {len(where):,}"
            )
        return cls(
            field,
            _order(order, field),
            tuple(Condition.parse(text) for text in where),
            tuple(map(hours_named, hours)),
            _within("limit", 1, limit, bounds.limit),
            _within("offset", 0, offset, bounds.offset),
        )


def field_named(name: str) -> str:
    """`name`, if there is a numeric field of this name.

    Raises:
        ValueError: there is none; the text is a sentence that names the fields that are spelled like it.
    """
    if name in fields.SELECTABLE:
        return name
    if name in fields.NAMES:
        raise ValueError(f"{name} is a text, which is neither compared nor ranked")
    similar = get_close_matches(name[:_LONGEST_QUOTATION].lower(), fields.SELECTABLE, cutoff=0.5)
    suggestion = f"; similar: {', '.join(similar)}" if similar else ""
    raise ValueError(f"there is no field {_quoted(name)}{suggestion}")


def hours_named(name: str) -> Hours:
    """The hours of this name, one of :data:`HOURS`.

    Raises:
        SelectionError: there are none.
    """
    return _member("hours", HOURS, name)


def _operator(field: str, text: str) -> Operator:
    known = ", ".join(Operator)
    if not text:
        raise ValueError(f"an operator has to follow {field}: one of {known}")
    if text not in [*Operator]:
        raise ValueError(f"there is no operator {_quoted(text)}, only {known}")
    return Operator(text)


def _right(text: str) -> tuple[float, str | None]:
    """The right side of a condition: its factor and its field."""
    if not text:
        raise ValueError("a number or a field has to follow the operator")
    factor, star, name = (part.strip() for part in text.partition("*"))
    if star:
        if not _NAME.fullmatch(name) or _NAME.fullmatch(factor):
            raise ValueError(f"{_quoted(text)} is not a number * a field")
        return _number(factor), field_named(name)
    if _NAME.fullmatch(text) and not _NOT_FINITE.fullmatch(text):
        return 1.0, field_named(text)
    return _number(text), None


def _number(text: str) -> float:
    try:
        number = float(text) if _NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text) else None
    except ValueError:
        # Two underscores in a row.
        number = None
    if number is None:
        raise ValueError(f"{_quoted(text)} is not a number; numbers are like 2, 0.99, 10_000 or 20e6")
    if not math.isfinite(number):
        raise ValueError(f"{_quoted(text)} is not a finite number")
    return number


def _order(text: str, field: str) -> Order:
    order: Order = _member("order", list(Order), text)
    declared = fields.BY_NAME.get(field)
    if order is Order.ASCENDING and declared and declared.only_rises:
        raise SelectionError(
            "order",
            f"{field} only rises during a day, so it ranks in descending order only: the last would be first",
        )
    return order


_Member = TypeVar("_Member", bound=StrEnum)


def _member(parameter: str, members: Sequence[_Member], text: str) -> _Member:
    for member in members:
        if member == text:
            return member
    raise SelectionError(parameter, f"{_quoted(text)} is not one of {', '.join(members)}")


def _within(parameter: str, least: int, number: int, most: int) -> int:
    if not least <= number <= most:
        raise SelectionError(parameter, f"{parameter} has to be from {least:,} to {most:,}, not {number:,}")
    return number


def _quoted(text: str) -> str:
    """What a user has written, for a message: short, and without control characters."""
    return ascii(text if len(text) <= _LONGEST_QUOTATION else text[:_LONGEST_QUOTATION] + "...")
