"""What an alert rule may say in `config/<organization>.yml`, and the rules that hold without being written.

A rule's kind decides which of its keys mean anything; a key that would be ignored is refused, since its author believes
that it counts.
"""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from warehouse.config_section import Section, Text, listed, written_like
from warehouse.delivery_rules import Area, Channel, Severity
from warehouse.metrics import catalogue

_SEED = Path(__file__).with_name("default_alerts.yml")

AlertKind = Literal[
    "threshold", "change", "anomaly", "source_failed", "source_stale", "token_expiry", "reconciliation",
    "missing_inputs", "check_failed", "check_warned", "subscription", "dunning", "signal", "signal_stale",
]  # fmt: skip
Bucket = Literal["daily", "weekly", "monthly", "quarterly"]
Stage = Literal["not_tried", "sent", "overdue", "failed_once", "failed_twice", "failed_three_times"]
Movement = Literal["churn", "contraction", "expansion", "new", "reactivation"]


def _known_metric(metric: str) -> str:
    if metric not in catalogue():
        raise ValueError(f"must name a metric of the catalogue; '{metric}' is none (docs/metrics.md lists them)")
    return metric


MetricKey = Annotated[str, AfterValidator(_known_metric)]
SignalName = Annotated[str, written_like(r"[a-z0-9_]+(\.[a-z0-9_]+)*", "portal.up")]
Limit = Annotated[Decimal, Field(max_digits=20, decimal_places=4)]
Share = Annotated[Decimal, Field(ge=0, le=100)]
Minutes = Annotated[int, Field(ge=0, le=43200)]

# Key of a rule: the kinds it belongs to, and whether those cannot do without.
_BELONGS: dict[str, tuple[tuple[AlertKind, ...], bool]] = {
    "after_hours": (("source_stale",), True),
    "after_minutes": (("signal_stale",), True),
    "within_days": (("token_expiry",), True),
    "lives_days": (("token_expiry",), True),
    "signal": (("signal", "signal_stale"), True),
    "only_while": (("signal",), False),
    "movements": (("subscription",), True),
    "stages": (("dunning",), True),
    "above": (("threshold", "signal"), False),
    "below": (("threshold", "signal"), False),
    "bucket": (("threshold", "change"), False),
    "rises_by": (("change",), False),
    "falls_by": (("change",), False),
    "rises_less_than": (("change",), False),
    "from_zero": (("change",), False),
    "at_least": (("subscription", "dunning", "reconciliation"), False),
    "metric": (("threshold", "change", "anomaly", "missing_inputs"), False),
}


class AlertRule(Section):
    """What raises an alert, how severe it is, and where it goes."""

    kind: AlertKind
    metric: MetricKey | None = None
    severity: Severity = "medium"
    area: Area = "operations"
    channels: Annotated[tuple[Channel, ...], BeforeValidator(listed)] = ()
    is_active: bool = True
    after_hours: Annotated[Decimal, Field(gt=0)] | None = None
    after_minutes: Annotated[int, Field(gt=0)] | None = None
    within_days: Annotated[int, Field(ge=0, le=365)] | None = None
    lives_days: Annotated[int, Field(gt=0, le=3650)] | None = None
    bucket: Bucket | None = None
    above: Limit | None = None
    below: Limit | None = None
    rises_by: Share | None = None
    falls_by: Share | None = None
    rises_less_than: Share | None = None
    from_zero: Annotated[int, Field(ge=1)] | None = None
    at_least: Annotated[Decimal, Field(ge=0)] | None = None
    movements: Annotated[tuple[Movement, ...], BeforeValidator(listed)] | None = None
    stages: Annotated[tuple[Stage, ...], BeforeValidator(listed)] | None = None
    signal: SignalName | None = None
    only_while: SignalName | None = None
    for_minutes: Minutes = 0
    resolve_after_minutes: Minutes = 0
    repeat_hours: Annotated[Decimal, Field(gt=0, le=720)] | None = None
    next_action: Text | None = None

    @model_validator(mode="after")
    def _says_what_its_kind_needs_and_no_more(self) -> Self:
        for key, (kinds, is_needed) in _BELONGS.items():
            is_given, belongs = getattr(self, key) is not None, self.kind in kinds
            if (is_given and not belongs) or (is_needed and belongs and not is_given):
                only = " or ".join(kinds)
                raise ValueError(f"must have {key} when kind is {only}, and only then" if is_needed
                                 else f"may have {key} only when kind is {only}")  # fmt: skip
        return self

    @model_validator(mode="after")
    def _has_something_to_compare_with(self) -> Self:
        limits = (self.above is not None) + (self.below is not None)
        if limits and self.kind == "threshold" and self.metric is None:
            raise ValueError("must name the metric that its limit is for")
        if self.kind == "threshold" and self.bucket is not None and not limits:
            raise ValueError("must have above or below when it has a bucket")
        if self.kind == "signal" and limits != 1:
            raise ValueError("must have either above or below when kind is signal")
        if self.kind == "change":
            sides = [self.rises_by, self.falls_by, self.rises_less_than]
            if self.metric is None or sum(side is not None for side in sides) != 1:
                raise ValueError("must have a metric and one of rises_by, falls_by and rises_less_than")
        return self

    @model_validator(mode="after")
    def _its_limits_are_possible_values(self) -> Self:
        if self.metric is None:
            return self
        metric = catalogue()[self.metric]
        for name in ("above", "below"):
            limit = getattr(self, name)
            if limit is None:
                continue
            if limit < 0 and not metric.may_be_negative:
                raise ValueError(f"must have {name} at 0 or above; {self.metric} is never negative")
            if metric.unit == "fraction" and limit > 10:
                raise ValueError(f"must have {name} as a fraction; {limit} of {self.metric} would be {limit * 100} %")
        return self

    def parameters(self) -> dict[str, Any]:
        """What belongs to the rule's kind and life, as it is stored."""
        core = {"kind", "metric", "severity", "channels", "is_active"}
        told = self.model_dump(mode="json", exclude=core, exclude_defaults=True)
        numbers = {key: float(told[key]) for key in ("after_hours",) if key in told}
        return {**told, **numbers}


@lru_cache(maxsize=1)
def default_alerts() -> dict[str, dict[str, Any]]:
    """The rules of `default_alerts.yml` by name."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(_SEED.read_text(encoding="utf-8"))
    return found
