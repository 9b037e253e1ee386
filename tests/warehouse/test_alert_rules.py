"""A rule says what its kind needs and no more; every rule that holds without being written can be judged."""

import pytest
from pydantic import ValidationError

from reports.alerts.rules import KINDS
from warehouse.alert_rules import AlertKind, AlertRule, default_alerts
from warehouse.metrics import catalogue


def test_every_kind_that_may_be_written_can_be_judged():
    assert set(KINDS) == set(AlertKind.__args__)


@pytest.mark.parametrize("name", sorted(default_alerts()))
def test_a_rule_that_holds_without_being_written_is_one(name):
    rule = AlertRule.model_validate(default_alerts()[name])
    assert rule.metric is None or rule.metric in catalogue()
    assert not rule.channels


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kind": "source_stale"}, "must have after_hours when kind is source_stale, and only then"),
        ({"kind": "threshold", "rises_by": 1}, "may have rises_by only when kind is change"),
        ({"kind": "threshold", "above": 1}, "must name the metric that its limit is for"),
        ({"kind": "threshold", "metric": "rhem", "bucket": "daily"}, "must have above or below when it has a bucket"),
        ({"kind": "change", "metric": "rhem"}, "one of rises_by, falls_by and rises_less_than"),
        ({"kind": "signal", "signal": "portal.up"}, "must have either above or below"),
        ({"kind": "signal", "signal": "Portal up", "below": 1}, "must be written like portal.up"),
        ({"kind": "threshold", "metric": "churned_customers", "above": -1}, "is never negative"),
        ({"kind": "threshold", "metric": "error_rate", "above": 50}, "as a fraction; 50 of error_rate would be 5000 %"),
        ({"kind": "dunning", "stages": "often"}, "Input should be 'not_tried'"),
        ({"kind": "check_failed", "for_minutes": -1}, "greater than or equal to 0"),
    ],
)
def test_a_rule_that_would_not_do_what_its_author_believes_is_refused(given, told):
    with pytest.raises(ValidationError, match=told):
        AlertRule.model_validate(given)


def test_a_limit_of_a_default_rule_is_changed_by_naming_it():
    changed = AlertRule.model_validate({**default_alerts()["error_rate"], "above": "0.02"})
    assert changed.parameters() == {"area": "product", "bucket": "daily", "above": "0.02"}
