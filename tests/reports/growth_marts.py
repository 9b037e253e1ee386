"""Marts behind the investor pack and the commentary: recurring revenue that adds up, services, drivers."""

from collections.abc import Mapping
from decimal import Decimal

import psycopg

from tests.reports import marts

CENT = Decimal("0.01")


def whole(connection: psycopg.Connection) -> None:
    """Everything that the investor pack and the commentaries read."""
    revenue(connection)
    investor(connection)
    cash(connection)
    drivers(connection)


def movements(at: int) -> Mapping[str, Decimal]:
    """What moved recurring revenue in the month at this place; losses are positive, as in the mart."""
    return {
        "new_mrr": Decimal(at % 3 * 900),
        "expansion_mrr": Decimal("410.25") + at * 7,
        "reactivation_mrr": Decimal(250 if at % 5 == 4 else 0),
        "contraction_mrr": Decimal("120.50") + at,
        "churn_mrr": Decimal(1300 if at % 4 == 3 else 0),
        "fx_mrr": Decimal(0),
    }


def closing(at: int) -> Decimal:
    """Recurring revenue at the end of the month at this place."""
    total = Decimal("58000.75")
    for month in range(at + 1):
        moved = movements(month)
        total += sum(moved.values()) - 2 * (moved["contraction_mrr"] + moved["churn_mrr"])
    return total


def revenue(connection: psycopg.Connection) -> None:
    """Fifteen months whose opening, movements and closing add up exactly."""
    for at, month in enumerate(marts.MONTHS):
        value, clients = closing(at), 40 + at
        marts.insert(
            connection,
            "marts.fct_revenue_monthly",
            [
                {
                    "organization_id": marts.ORGANIZATION, "period": month, "mrr_run_rate": value, "arr": value * 12,
                    "arpa": (value / clients).quantize(CENT), "opening_mrr": closing(at - 1), **movements(at),
                    "net_revenue_retention_12_months": Decimal("1.0310") - at * Decimal("0.0011"),
                    "gross_revenue_retention_12_months": Decimal("0.9420") - at * Decimal("0.0009"),
                    "customer_churn_rate": Decimal("0.0125") if at % 4 == 3 else Decimal(0),
                    "revenue_churn_rate": Decimal("0.0021") + at * Decimal("0.0001"),
                    "paying_clients": clients, "opening_clients": clients - 1, "churned_clients": 0,
                }
            ],
        )  # fmt: skip


def investor(connection: psycopg.Connection) -> None:
    """Growth and reliability; one month's error rate is not known."""
    for at, month in enumerate(marts.MONTHS):
        gone = at == 5
        marts.insert(
            connection,
            "marts.fct_investor_metrics",
            [
                {
                    "organization_id": marts.ORGANIZATION, "period": month,
                    "mrr_growth_rate": ((closing(at) - closing(at - 1)) / closing(at - 1)).quantize(Decimal("0.0001")),
                    "uptime_percentage_30d": Decimal("0.9991") - at % 3 * Decimal("0.0004"),
                    "error_rate": None if gone else Decimal("0.0042"), "api_p95_latency_ms": Decimal(310 + at),
                    "services_operational": 6,
                    "reasons": {"error_rate": "The requests were not all read."} if gone else {},
                }
            ],
        )  # fmt: skip


def cash(connection: psycopg.Connection) -> None:
    """Cash and burn as somebody entered them."""
    for metric, label, unit, start, step in (
        ("cash_reserve", "Cash reserve", "usd", "410000.25", "-9000"),
        ("cash_burn_monthly", "Monthly cash burn", "usd", "21000", "150"),
        ("runway_months", "Runway", "months", "19.5", "-0.6"),
    ):
        marts.insert(
            connection,
            "marts.fct_metrics_monthly",
            [
                {
                    "organization_id": marts.ORGANIZATION, "client_id": "all", "period": month, "metric": metric,
                    "label": label, "unit": unit, "value": Decimal(start) + at * Decimal(step), "method": "manual",
                    "quarter": f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}",
                    "source": "manual", "model": "int_metrics_resolved", "source_rows": 1,
                    "freshest_at": marts.READ_AT, "is_complete_period": True,
                }
                for at, month in enumerate(marts.MONTHS)
            ],
        )  # fmt: skip


def drivers(connection: psycopg.Connection) -> None:
    """RHEM rose by 0.0269 h: hours made 0.0330 of it, more endpoints took 0.0061 off; and the clients' shares."""
    shared = {"organization_id": marts.ORGANIZATION, "quarter": marts.QUARTER, "metric": "rhem", "change": "0.0269"}
    marts.insert(
        connection,
        "marts.fct_smartnumber_drivers",
        [
            {**shared, "driver": driver, "position": at, "label": label, "unit": unit, "contribution": Decimal(amount)}
            for at, (driver, label, unit, amount) in enumerate(
                (
                    ("reactive_time_spent", "Hours on reactive tickets", "hours", "0.0330"),
                    ("endpoints_managed", "# of endpoints managed", "count", "-0.0061"),
                )
            )
        ],
    )
    marts.insert(
        connection,
        "marts.fct_smartnumber_client_drivers",
        [
            {**shared, "client_id": client_id, "effect": effect, "contribution": Decimal(amount)}
            for client_id, effect, amount in (
                ("juniper-dental", "rate", "0.0200"),
                ("juniper-dental", "mix", "0.0030"),
                ("birch-freight", "rate", "0.0051"),
                ("orchard-legal", "rate", "-0.0012"),
            )
        ],
    )
