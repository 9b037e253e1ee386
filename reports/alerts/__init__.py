"""Alerts: rules judged over the marts, incidents kept in `app.alerts`, messages sent through the outbox."""

from reports.alerts.courier import DeliverySummary
from reports.alerts.delivery import deliver
from reports.alerts.evaluation import AlertSummary, evaluate, raise_run_failed, raise_work_failed, resolve_run_failed

__all__ = [
    "AlertSummary",
    "DeliverySummary",
    "deliver",
    "evaluate",
    "raise_run_failed",
    "raise_work_failed",
    "resolve_run_failed",
]
