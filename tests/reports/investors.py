"""An organization that tells investors: its months, its open alerts, and what their report is made of."""

from datetime import UTC, datetime
from decimal import Decimal

import psycopg

from tests.reports import marts

AS_OF = datetime(2026, 7, 5, 14, 0, 30, tzinfo=UTC)  # Sunday, 09:00:30 in Chicago
GROWTH = "Monthly recurring revenue of June 2026 is $101,234.56 after $100,000.10 of May 2026"
NAMED = "anna.keller@fernhill.example"


def investors(connection: psycopg.Connection, *, and_all: bool = False) -> None:
    """Two months for investors, with gaps; `and_all` that the other decks show."""
    (marts.whole_organization if and_all else marts.organization)(
        connection,
        settings={"delivery": {"investor_report": {"recipients": ["fund@example.com", "board@example.com"]}}},
    )
    both = {"organization_id": marts.ORGANIZATION}
    reasons = {"uptime_percentage": "No probes ran.", "nps": "Nobody has entered a survey's result."}
    marts.insert(
        connection,
        "marts.fct_investor_metrics",
        [
            {**both, "period": "2026-05", "mrr_run_rate": Decimal("100000.10"), "churn_risk": "high", "nps": 0,
             "error_rate": Decimal("0.0123456789"), "reasons": {}},
            {**both, "period": "2026-06", "mrr_run_rate": Decimal("101234.56"), "churn_risk": "medium",
             "error_rate": Decimal("0.0100"), "reasons": reasons},
        ],
    )  # fmt: skip
    seen = {**both, "severity": "high", "first_seen_at": AS_OF, "last_seen_at": AS_OF}
    marts.insert(
        connection,
        "app.alert_rules",
        [
            {**both, "rule": rule, "kind": kind, "severity": "high", "channels": ["file"]}
            for rule, kind in (
                ("threshold_crossed", "threshold"),
                ("source_failed", "source_failed"),
                ("growth", "change"),
                ("data_suspicious", "check_warned"),
            )
        ],
    )
    marts.insert(
        connection,
        "app.alerts",
        [
            {**seen, "rule": rule, "scope": about, "message": message}
            for rule, about, message in (
                ("growth", "mrr_run_rate", GROWTH),
                ("threshold_crossed", "owner_comp", "Owner's pay is $31,000.00"),
                ("source_failed", "stripe", f"refused the key of {NAMED}"),
                ("data_suspicious", "mrr_run_rate", f"the MRR that {NAMED} entered looks wrong"),
                ("growth", "rule growth", "The alert rule growth cannot be judged"),
                ("run_failed", "daily", f"the job of {NAMED} failed"),
            )
        ],
    )
