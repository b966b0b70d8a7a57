"""The query parameters of an endpoint, declared as a pydantic model."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError
from starlette.datastructures import QueryParams

from history.queries.moments import parse_day, parse_moment
from leaderboard.event import is_symbol
from watch.gateway.limits import SYMBOLS
from watch.gateway.responses import InvalidParameterError


class QueryModel(BaseModel):
    """What a query may contain. OpenAPI describes it from the model's JSON Schema.

    Attributes:
        invalid_status: of the answer to an invalid query.
        repeatable: the parameters that may be given more than once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    invalid_status: ClassVar[int] = 400
    repeatable: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def parse(cls, query: QueryParams, *, fields: tuple[str, ...]) -> Self:
        """The model of a query.

        Args:
            query: as it came.
            fields: names that the parameter ``fields`` may list, besides ``rank``.

        Raises:
            InvalidParameterError: a parameter is unknown, missing, given twice, or not a value of its kind.
        """
        values: dict[str, Any] = {}
        for name, value in query.multi_items():
            if name in cls.repeatable:
                values.setdefault(name, []).append(value)
            elif name in values:
                raise InvalidParameterError(name, f"{name:.80}: given more than once", cls.invalid_status)
            else:
                values[name] = value
        try:
            return cls.model_validate(values, context=fields)
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0])
            given = "" if problem["type"] == "missing" else f", got {problem['input']!r:.80}"
            sentence = f"{name:.80}: {problem['msg']}{given}"
            raise InvalidParameterError(name, sentence, cls.invalid_status) from None

    @classmethod
    def parameters(cls) -> list[dict[str, Any]]:
        """The parameters as OpenAPI describes them."""
        schema = cls.model_json_schema()
        required = schema.get("required", ())
        return [_parameter(name, member, name in required) for name, member in schema["properties"].items()]


def _parameter(name: str, member: dict[str, Any], is_required: bool) -> dict[str, Any]:
    # A parameter is absent, never null.
    schema = next((each for each in member.get("anyOf", ()) if each != {"type": "null"}), member)
    unused = ("title", "description", "anyOf")
    return {
        "name": name,
        "in": "query",
        "required": is_required,
        "description": member["description"],
        "schema": {key: value for key, value in schema.items() if key not in unused},
    }


def _parse_names(text: object, info: ValidationInfo) -> object:
    if not isinstance(text, str):
        return text
    names = tuple(text.split(","))
    for name in names:
        if name != "rank" and name not in (info.context or ()):
            raise PydanticCustomError("unknown_field", "there is no field {name}", {"name": repr(name[:80])})
    return tuple(dict.fromkeys(names))


#: A list of fields' names in one parameter.
FieldNames = Annotated[
    tuple[str, ...] | None,
    BeforeValidator(_parse_names),
    Field(
        description="Only these fields of each row, separated by commas; rank and symbol are always there",
        json_schema_extra={"anyOf": [{"type": "string", "examples": ["close,pct_change"]}]},
    ),
]


def _parse(text: object, parse: Callable[[str], object]) -> object:
    if not isinstance(text, str):
        return text
    try:
        return parse(text)
    except ValueError as error:
        raise PydanticCustomError("no_time", "{reason}", {"reason": str(error)}) from None


def _parse_day(text: object) -> object:
    return _parse(text, parse_day)


def _parse_moment(text: object, info: ValidationInfo) -> object:
    try:
        return _parse(text, parse_moment)
    except PydanticCustomError as error:
        # Whatever other parameters of its query are answered with, it is answered with 400.
        name = info.field_name or ""
        raise InvalidParameterError(name, f"{name}: {error.message()}, got {text!r:.80}", 400) from None


#: A trading day in a parameter.
Day = Annotated[date, BeforeValidator(_parse_day)]
#: A moment in a parameter, Unix milliseconds.
Moment = Annotated[int, BeforeValidator(_parse_moment)]

#: A second of the past in a parameter; None: now.
PastMoment = Annotated[
    Moment | None,
    Field(
        description="A second of a recorded day: the answer is as it was then",
        json_schema_extra={"anyOf": [{"type": "string", "format": "date-time"}]},
    ),
]


def _parse_list(text: object) -> object:
    return tuple(dict.fromkeys(text.split(","))) if isinstance(text, str) else text


#: Texts in one parameter, separated by commas.
Texts = Annotated[tuple[str, ...], BeforeValidator(_parse_list)]


def _parse_symbols(text: object) -> object:
    symbols = _parse_list(text)
    for symbol in symbols if isinstance(symbols, tuple) else ():
        if not is_symbol(symbol):
            raise PydanticCustomError("no_symbol", "{name} is no symbol", {"name": repr(symbol[:64])})
    return symbols


#: Symbols in one parameter, separated by commas.
Symbols = Annotated[
    tuple[str, ...],
    BeforeValidator(_parse_symbols),
    Field(
        max_length=SYMBOLS,
        description=f"Symbols, separated by commas, {SYMBOLS} at most",
        json_schema_extra={"type": "string", "examples": ["AAPL,BRK.B"]},
    ),
]
