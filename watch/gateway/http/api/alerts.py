"""The alerts over HTTP, and the rules by which they fire."""

from typing import Annotated, Any, ClassVar, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct
from pydantic import Field
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response

from leaderboard import keys
from leaderboard.alerts import definition
from leaderboard.alerts.definition import Definition
from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from watch.gateway.alerts.alert_log import AlertLog
from watch.gateway.http.api.answers.polled_answer import PolledAnswer, polled
from watch.gateway.http.api.parameters.query_model import Moment, QueryModel
from watch.gateway.limits import ALERTS_PER_ANSWER
from watch.gateway.responses import json_bytes

# Alerts of an answer where a request does not say how many.
_USUAL = 100
# How OpenAPI describes a moment.
_MOMENT: dict[str, Any] = {"anyOf": [{"type": "string", "format": "date-time"}]}

Alerts: TypeAlias = list[Annotated[Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/Alert"})]]


class AlertsQuery(QueryModel):
    """The query parameters of ``/api/alerts``. An alert must meet all that are given."""

    repeatable: ClassVar[frozenset[str]] = frozenset({"rule", "symbol"})

    since: Annotated[
        Moment | None, Field(description="Only alerts of this moment or later", json_schema_extra=_MOMENT)
    ] = None
    until: Annotated[
        Moment | None, Field(description="Only alerts of this moment or earlier", json_schema_extra=_MOMENT)
    ] = None
    rule: Annotated[
        tuple[str, ...], Field(description="Only alerts of this rule. May be repeated: any of them")
    ] = ()
    symbol: Annotated[
        tuple[str, ...], Field(description="Only alerts for this symbol. May be repeated: any of them")
    ] = ()
    limit: Annotated[int, Field(description="Alerts at most", ge=1, le=ALERTS_PER_ANSWER)] = _USUAL


class AlertsAnswer(Struct):
    """What ``/api/alerts`` answers."""

    alerts: Alerts
    complete_since: Annotated[
        int | None,
        Meta(
            description="Unix milliseconds from which on all alerts are known; null: none was removed. Only the "
            "newest are kept"
        ),
    ]


class RulesAnswer(Struct):
    """What ``/api/alerts/rules`` answers."""

    rules: Annotated[
        tuple[Definition, ...], Meta(description="Those that are evaluated now, in the order of their file")
    ]


class AlertsApi:
    """The endpoints of alerts.

    Args:
        alerts: those that fired.
        redis: of the boards.
    """

    def __init__(self, alerts: AlertLog, redis: Redis) -> None:
        self._alerts = alerts
        self._redis = redis

    async def newest(self, request: Request) -> Response:
        """``/api/alerts``."""
        query = AlertsQuery.parse(request.query_params, fields=())
        await self._alerts.caught_up()
        found = self._alerts.find(query.limit, query.since, query.until, query.rule, query.symbol)
        since = self._alerts.complete_since
        answer = PolledAnswer(request, b"%d" % (since or 0), *(entry.id.encode() for entry in found))
        if answer.is_known:
            return answer.not_modified()
        return answer.response(json_bytes(AlertsAnswer([Raw(entry.published) for entry in found], since)))

    async def rules(self, request: Request) -> Response:
        """``/api/alerts/rules``."""
        published = await redis_values.read_json(self._redis, keys.ALERT_RULES)
        try:
            body = json_bytes(RulesAnswer(definition.decode(published)))
        except msgspec.DecodeError:
            raise InvalidValueError(keys.ALERT_RULES, "definitions of rules") from None
        return polled(request, body)
