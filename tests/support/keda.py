"""KEDA's ScaledObject and TriggerAuthentication, as its reference describes them: any other field is an error.

Of the fields that KEDA has, those of triggers on Redis and of formulas over them.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class Metadata(_Strict):
    name: str
    namespace: str | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class ScalingPolicy(_Strict):
    type: Literal["Pods", "Percent"]
    value: Count
    period_seconds: Annotated[int, Field(ge=1, le=1800)]


class ScalingRules(_Strict):
    stabilization_window_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    select_policy: Literal["Max", "Min", "Disabled"] | None = None
    policies: list[ScalingPolicy] = []


class Behavior(_Strict):
    scale_up: ScalingRules | None = None
    scale_down: ScalingRules | None = None


class AutoscalerConfig(_Strict):
    name: str | None = None
    behavior: Behavior | None = None


class ScalingModifiers(_Strict):
    formula: str
    target: str
    activation_target: str | None = None
    metric_type: Literal["AverageValue", "Value"] = "AverageValue"


class Advanced(_Strict):
    restore_to_original_replica_count: bool = False
    horizontal_pod_autoscaler_config: AutoscalerConfig | None = None
    scaling_modifiers: ScalingModifiers | None = None


class AuthenticationRef(_Strict):
    name: str
    kind: Literal["TriggerAuthentication", "ClusterTriggerAuthentication"] = "TriggerAuthentication"


class Trigger(_Strict):
    type: str
    name: str | None = None
    metadata: dict[str, str]
    authentication_ref: AuthenticationRef | None = None
    metric_type: Literal["AverageValue", "Value", "Utilization"] | None = None
    use_cached_metrics: bool = False


class ScaleTarget(_Strict):
    name: str
    api_version: str = "apps/v1"
    kind: str = "Deployment"


class ScaledObjectSpec(_Strict):
    scale_target_ref: ScaleTarget
    polling_interval: Count = 30
    cooldown_period: Count = 300
    min_replica_count: Count = 0
    max_replica_count: Count = 100
    fallback: dict[str, Any] | None = None
    advanced: Advanced | None = None
    triggers: Annotated[list[Trigger], Field(min_length=1)]


class ScaledObject(_Strict):
    api_version: Literal["keda.sh/v1alpha1"]
    kind: Literal["ScaledObject"]
    metadata: Metadata
    spec: ScaledObjectSpec


class SecretTarget(_Strict):
    parameter: str
    name: str
    key: str


class TriggerAuthenticationSpec(_Strict):
    secret_target_ref: list[SecretTarget] = []


class TriggerAuthentication(_Strict):
    api_version: Literal["keda.sh/v1alpha1"]
    kind: Literal["TriggerAuthentication"]
    metadata: Metadata
    spec: TriggerAuthenticationSpec
