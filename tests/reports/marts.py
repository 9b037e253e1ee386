"""Marts filled by hand: tables made from the contracts in dbt_project, rows of one invented organization.

Reports are tested against what the marts promise, not against a dbt build: a column that the contract drops breaks
these tests at once, and every value on a slide can be compared with one typed here.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from warehouse.periods import Period, Quarter, periods_between

CONTRACTS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
AS_OF = datetime(2026, 7, 6, 14, tzinfo=UTC)
READ_AT = datetime(2026, 7, 6, 14, 5, tzinfo=UTC)
ORGANIZATION, QUARTER = "fernhill-it", "2026-Q2"
FIRST, LAST = Period(2025, 4), Period(2026, 6)
MONTHS = [str(period) for period in periods_between(FIRST, LAST)]
QUARTERS = [str(Quarter(2026, 2) - back) for back in range(4, -1, -1)]

CLIENTS = {
    "juniper-dental": "Juniper Dental",
    "birch-freight": "Birch Freight",
    "orchard-legal": "Orchard & Sons <Legal>",
}
SHARES = {"juniper-dental": Decimal("0.5"), "birch-freight": Decimal("0.3"), "orchard-legal": Decimal("0.2")}


def create(connection: psycopg.Connection) -> None:
    """Schema marts with every contracted table, empty."""
    connection.execute("create schema if not exists marts")
    for path in sorted(CONTRACTS.rglob("*.yml")):
        for model in yaml.safe_load(path.read_text()).get("models") or []:
            columns = [(column["name"], column["data_type"]) for column in model["columns"]]
            connection.execute(
                sql.SQL("create table marts.{} ({})").format(
                    sql.Identifier(model["name"]),
                    sql.SQL(", ").join(sql.SQL("{} " + kind).format(sql.Identifier(name)) for name, kind in columns),
                )
            )


def insert(connection: psycopg.Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows into a mart or app table; a column that no row names keeps its default."""
    given = list(rows)
    schema, name = table.split(".")
    columns = list(dict.fromkeys(column for row in given for column in row))
    statement = sql.SQL("insert into {}.{} ({}) values ({})").format(
        sql.Identifier(schema),
        sql.Identifier(name),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    values = [[_stored(row.get(column)) for column in columns] for row in given]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def _stored(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


def organization(
    connection: psycopg.Connection, organization_id: str = ORGANIZATION, alias: int = 1, **facts: Any
) -> None:
    """One configured organization without any data."""
    row = {
        "organization_id": organization_id,
        "alias": alias,
        "name": "Fernhill IT",
        "time_zone": "America/Chicago",
        "currency": "USD",
        "locale": "en_US",
        "history_start": "2025-04",
        "settings": {},
    }
    insert(connection, "app.organizations", [{**row, **facts}])


def periods(connection: psycopg.Connection, organization_id: str = ORGANIZATION, running: str = "2026-07") -> None:
    """Complete months from the first to the last, and the running one."""
    months = [*periods_between(FIRST, Period.parse(running))]
    insert(
        connection,
        "marts.dim_periods",
        (
            {
                "organization_id": organization_id,
                "period": str(month),
                "quarter": str(month.quarter),
                "year": month.year,
                "is_complete": str(month) != running,
                "is_current": str(month) == running,
            }
            for month in months
        ),
    )


# Metric, unit, aggregation, first month's value and what each month adds; wobble makes months differ.
MONTHLY: dict[str, tuple[str, str, str, str]] = {
    "reactive_tickets_created": ("count", "sum", "208", "1"),
    "reactive_tickets_closed": ("count", "sum", "205", "1"),
    "reactive_time_spent": ("hours", "sum", "96.25", "0.5"),
    "endpoints_managed": ("count", "average", "560", "3"),
    "seats_managed": ("count", "average", "470", "3"),
    "nrr": ("usd", "sum", "7800.50", "40"),
    "mrr": ("usd", "sum", "61250.25", "450"),
    "orr": ("usd", "sum", "9000", "0"),
    "product_sales": ("usd", "sum", "14200", "-35"),
    "misc_revenue": ("usd", "sum", "310.75", "0"),
    "total_revenue": ("usd", "sum", "92561.50", "455"),
    "employee_expense": ("usd", "sum", "31000", "180"),
    "owner_comp": ("usd", "sum", "15000", "0"),
    "owner_comp_taxes": ("usd", "sum", "4000", "0"),
    "product_cogs": ("usd", "sum", "11200", "-20"),
    "other_expenses": ("usd", "sum", "21850", "90"),
    "uncategorized_expenses": ("usd", "sum", "125.5", "0"),
    "total_expenses": ("usd", "sum", "82924.50", "250"),
    "net_profit": ("usd", "sum", "9637", "205"),
}
LABELS = {
    "reactive_tickets_created": "# of reactive tickets created",
    "endpoints_managed": "# of endpoints managed",
    "seats_managed": "# of seats managed (BHAG)",
}
PER_CLIENT = tuple(MONTHLY)[:5]
GAPS = {
    ("seats_managed", "2025-09"): "No device reading falls into 2025-09.",
    ("misc_revenue", "2026-01"): "The profit and loss report of 2026-01 was not read.",
}


def monthly_value(metric: str, period: str, client_id: str = "all") -> Decimal | None:
    """The value typed into the marts for a metric and month."""
    if (metric, period) in GAPS:
        return None
    unit, _, start, step = MONTHLY[metric]
    index = MONTHS.index(period)
    wobble = Decimal((index * 7 + len(metric)) % 5 - 2) * (Decimal(start) / 100)
    value = Decimal(start) + index * Decimal(step) + wobble
    value *= SHARES.get(client_id, Decimal(1))
    return value.quantize(Decimal(1) if unit == "count" else Decimal("0.01"))


def quarterly_value(metric: str, quarter: str, client_id: str = "all") -> tuple[Decimal | None, int]:
    """Sum or average over the months that have a value, and how many those are."""
    values = [monthly_value(metric, str(period), client_id) for period in Quarter.parse(quarter).periods]
    known = [value for value in values if value is not None]
    if not known:
        return None, 0
    total = sum(known, Decimal(0))
    is_sum = MONTHLY[metric][1] == "sum"
    return (total if is_sum else (total / len(known)).quantize(Decimal("0.0001"))), len(known)


def metrics(connection: psycopg.Connection, organization_id: str = ORGANIZATION) -> None:
    """Monthly and quarterly values of the organization and, for tickets, hours and devices, of its clients."""
    for metric, (unit, aggregation, _, _) in MONTHLY.items():
        label = LABELS.get(metric, metric.replace("_", " ").capitalize())
        connection.execute("delete from marts.dim_metrics where metric = %s", [metric])
        insert(connection, "marts.dim_metrics", [{"metric": metric, "label": label, "unit": unit}])
        for client_id in ("all", *(CLIENTS if metric in PER_CLIENT else ())):
            shared = {"organization_id": organization_id, "client_id": client_id, "metric": metric, "unit": unit}
            insert(
                connection,
                "marts.fct_metrics_monthly",
                (
                    {
                        **shared,
                        "period": month,
                        "quarter": str(Period.parse(month).quarter),
                        "label": label,
                        "value": monthly_value(metric, month, client_id),
                        "method": "calculated",
                        "reason": GAPS.get((metric, month)),
                        "source": "quickbooks" if unit == "usd" else "connectwise",
                        "model": "int_metrics_resolved",
                        "source_rows": 12,
                        "freshest_at": READ_AT,
                        "is_complete_period": True,
                        "won_because": "the only candidate",
                    }
                    for month in MONTHS
                ),
            )
            rows = []
            for quarter in QUARTERS:
                value, months = quarterly_value(metric, quarter, client_id)
                rows.append(
                    {
                        **shared,
                        "quarter": quarter,
                        "value": value,
                        "aggregation": aggregation,
                        "months_present": months,
                        "months_expected": 3,
                        "is_incomplete": months < 3,
                        "source_rows": 36,
                        "freshest_at": READ_AT,
                    }
                )
            insert(connection, "marts.fct_metrics_quarterly", rows)


# Metric: block, label, unit, scale, better, five quarters' values, target (green from, to, yellow from, to, alarm).
SMARTNUMBERS: dict[str, tuple[str, str, str, int, str, list[str | None], list[str | None]]] = {
    "tickets_per_tech_per_month": ("operations", "Tickets per tech per month", "tickets", 2, "band",
        ["36.10", "35.40", "38.22", "37.05", "34.67"], ["30", "45", "25", "60", "75"]),
    "total_close_pct": ("operations", "Total close %", "fraction", 4, "near_one",
        ["0.9712", "0.9801", "1.0102", "0.9688", "0.9905"], ["0.95", "1.05", "0.90", "1.10", None]),
    "tickets_per_endpoint_per_month": ("operations", "Tickets per endpoint per month", "tickets", 4, "lower",
        ["0.4010", "0.3922", "0.3801", "0.3755", "0.3602"], [None, None, None, None, None]),
    "rhem": ("operations", "Reactive hours per endpoint per month (RHEM)", "hours", 4, "lower",
        ["0.1810", "0.1902", "0.2011", "0.2155", "0.2424"], ["0.10", "0.20", "0.08", "0.22", "0.24"]),
    "avg_resolution_time": ("operations", "Average hours of work per closed ticket", "hours", 4, "lower",
        ["0.4511", "0.4522", "0.4633", "0.4589", "0.4615"], [None, "0.50", None, "0.60", None]),
    "reactive_service_pct": ("operations", "Reactive service %", "fraction", 4, "lower",
        ["0.0911", "0.0922", "0.0933", "0.0944", None], ["0.08", "0.15", "0.05", "0.20", None]),
    "net_profit_pct": ("profit", "Net profit %", "fraction", 4, "higher",
        ["0.1041", "0.1122", "0.1098", "0.1155", "0.1250"], ["0.20", None, "0.10", None, "0.05"]),
    "revenue_from_services_pct": ("profit", "Revenue from services %", "fraction", 4, "higher",
        ["0.7450", "0.7399", "0.7381", "0.7302", "0.7250"], ["0.70", "0.90", "0.60", None, None]),
    "services_from_mrr_pct": ("profit", "Services from MRR %", "fraction", 4, "higher",
        ["0.8870", "0.8899", "0.8951", "0.8990", "0.9015"], ["0.80", "0.95", "0.70", None, None]),
    "annual_service_rev_per_employee": ("leverage", "Annual service revenue per employee", "usd", 2, "higher",
        ["79850.10", "81200.45", "82910.00", "84105.33", "85473.68"], [None, None, None, None, None]),
    "annual_service_rev_per_tech": ("leverage", "Annual service revenue per tech", "usd", 2, "higher",
        ["128400.00", "130220.50", "131000.75", "133980.10", "135333.33"], [None, None, None, None, None]),
    "avg_aisp": ("leverage", "Average income per seat per month (AISP)", "usd", 2, "higher",
        ["171.20", "172.35", "174.90", "175.88", "176.81"], [None, None, None, None, None]),
    "avg_mrr_per_agreement": ("leverage", "Average MRR per agreement", "usd", 2, "higher",
        ["1998.10", "2020.00", "2051.77", "2080.05", "2103.45"], [None, None, None, None, None]),
    "new_mrr_added": ("sales", "New MRR added", "usd", 2, "higher",
        ["3200.00", "2900.00", "5100.00", "3900.00", "4500.00"], ["4000", None, "3000", None, None]),
    "lost_mrr": ("sales", "Lost MRR", "usd", 2, "lower",
        ["400.00", "0.00", "1200.00", "900.00", "1750.00"], [None, "1000", None, "1500", "2500"]),
    "net_mrr_gain": ("sales", "Net MRR gain", "usd", 2, "higher",
        ["2800.00", "2900.00", "3900.00", "3000.00", "2750.00"], [None, None, None, None, None]),
    "dials_per_appointment": ("sales", "Dials per appointment", "ratio", 2, "lower",
        ["28.50", "30.10", "27.75", "31.20", "30.00"], ["10", "35", None, "40", None]),
    "sales_call_close_pct": ("sales", "Sales call close %", "fraction", 4, "higher",
        ["0.1800", "0.1900", "0.2105", "0.1955", "0.2000"], ["0.20", "0.40", "0.15", None, None]),
}  # fmt: skip
NO_TECHNICIANS = "No value for technical_employees in 2026-04, 2026-05, 2026-06: nobody entered one."


def smartnumbers(connection: psycopg.Connection, organization_id: str = ORGANIZATION) -> None:
    """Five quarters of all 18, one of them without a value."""
    for position, (metric, (block, label, unit, scale, better, values, bounds)) in enumerate(SMARTNUMBERS.items(), 1):
        green_min, green_max, yellow_min, yellow_max, red = (
            None if bound is None else Decimal(bound) for bound in bounds
        )
        known = [None if value is None else Decimal(value) for value in values]
        for index, quarter in enumerate(QUARTERS):
            value, previous = known[index], known[index - 1] if index else None
            change = None if value is None or previous is None else value - previous
            row = {
                "organization_id": organization_id,
                "quarter": quarter,
                "metric": metric,
                "block": block,
                "position": position,
                "is_headline": True,
                "label": label,
                "unit": unit,
                "scale": scale,
                "formula": "one input / another",
                "value": value,
                "reason": None if value is not None else NO_TECHNICIANS,
                "status": status(value, green_min, green_max, yellow_min, yellow_max),
                "months_present": 0 if value is None else 3,
                "is_incomplete": value is None,
                "previous_quarter": str(Quarter.parse(quarter) - 1),
                "previous_value": previous,
                "change": change,
                "change_fraction": None
                if not change or not previous
                else (change / abs(previous)).quantize(Decimal("0.0001")),
                "better": better,
                "green_min": green_min,
                "green_max": green_max,
                "yellow_min": yellow_min,
                "yellow_max": yellow_max,
                "red_threshold": red,
                "inputs": {"one": {"value": 288.25}, "another": {"value": 396}},
                "source_rows": 630,
                "freshest_at": READ_AT,
            }
            insert(connection, "marts.fct_smartnumbers", [row])


def status(
    value: Decimal | None,
    green_min: Decimal | None,
    green_max: Decimal | None,
    yellow_min: Decimal | None,
    yellow_max: Decimal | None,
) -> str:
    """The colour the mart gives."""
    if value is None:
        return "grey"
    if all(bound is None for bound in (green_min, green_max, yellow_min, yellow_max)):
        return "neutral"
    for low, high, colour in ((green_min, green_max, "green"), (yellow_min, yellow_max, "yellow")):
        if (low is None or value >= low) and (high is None or value <= high):
            return colour
    return "red"


STREAMS = {
    "ninjaone": ("organizations", "locations", "devices"),
    "connectwise": ("companies", "boards", "tickets", "time_entries", "agreements"),
    "stripe": ("customers", "subscriptions", "invoices"),
    "quickbooks": ("accounts", "invoices", "profit_and_loss"),
}


def sources(connection: psycopg.Connection, organization_id: str = ORGANIZATION) -> None:
    """Every stream read completely, and the clients that were found."""
    insert(
        connection,
        "marts.fct_source_freshness",
        (
            {
                "organization_id": organization_id,
                "source": source,
                "stream": stream,
                "last_completed_at": READ_AT,
                "completed_as_of": AS_OF,
                "last_outcome": "complete",
                "records": 1200 + 10 * len(stream),
                "records_rejected": 0,
                "is_certified": True,
            }
            for source, streams in STREAMS.items()
            for stream in streams
        ),
    )
    insert(
        connection,
        "marts.dim_clients",
        (
            {
                "organization_id": organization_id,
                "client_id": client_id,
                "client_alias": alias,
                "name": name,
                "is_confirmed": alias != 2,
                "ninjaone_organization_id": str(alias),
                "connectwise_company_id": str(alias + 100),
                "is_excluded": False,
                "is_unmatched": alias == 3,
            }
            for alias, (client_id, name) in enumerate(CLIENTS.items(), 1)
        ),
    )


def devices_and_agreements(connection: psycopg.Connection, organization_id: str = ORGANIZATION) -> None:
    """The last month's devices by class, and what each client has signed."""
    classes = {"WINDOWS_WORKSTATION": 6, "MAC": 2, "WINDOWS_SERVER": 3, "LINUX_SERVER": 1, "VMWARE_VM_GUEST": 2}
    for client_id in CLIENTS:
        insert(
            connection,
            "marts.fct_device_months",
            (
                {
                    "organization_id": organization_id,
                    "period": str(LAST),
                    "client_id": client_id,
                    "device_id": f"{client_id}-{node_class}-{number}",
                    "device_name": f"device {number}",
                    "node_class": node_class,
                    "snapshot_date": date(2026, 6, 30),
                    "is_endpoint": node_class != "VMWARE_VM_GUEST",
                    "is_seat": node_class in {"WINDOWS_WORKSTATION", "MAC"},
                }
                for node_class, count in classes.items()
                for number in range(count)
            ),
        )
        insert(
            connection,
            "marts.fct_agreements",
            [
                {
                    "organization_id": organization_id,
                    "agreement_id": f"{client_id}-1",
                    "client_id": client_id,
                    "agreement_name": "Managed care",
                    "agreement_type": "Managed Services",
                    "is_managed": True,
                    "start_date": date(2024, 3, 1),
                    "is_cancelled": False,
                    "monthly_amount": Decimal("2450.00"),
                },
                {
                    "organization_id": organization_id,
                    "agreement_id": f"{client_id}-2",
                    "client_id": client_id,
                    "agreement_name": "Block of hours, ended",
                    "agreement_type": "Block Time",
                    "is_managed": False,
                    "start_date": date(2023, 1, 1),
                    "end_date": date(2025, 12, 31),
                    "is_cancelled": False,
                },
            ],
        )


def checks(connection: psycopg.Connection, organization_id: str = ORGANIZATION, *, failing: bool = False) -> None:
    """Two checks; with `failing` the error does not pass."""
    insert(
        connection,
        "app.check_results",
        [
            {
                "organization_id": organization_id,
                "check_name": name,
                "subject": subject,
                "severity": severity,
                "is_passed": is_passed,
                "message": message,
                "run_id": "run-1",
                "checked_at": READ_AT,
            }
            for name, subject, severity, is_passed, message in (
                ("every_account_is_mapped", "marts.fct_unmapped_accounts", "error", not failing,
                 "2 accounts have no rule; add them to accounts.rules."),
                ("months_are_plausible", "marts.fct_metrics_monthly", "warning", False,
                 "reactive_tickets_created rose by 61 % in 2026-05."),
            )
        ],
    )  # fmt: skip


def quality(connection: psycopg.Connection, organization_id: str = ORGANIZATION) -> None:
    """Something of each kind of gap."""
    insert(
        connection,
        "marts.fct_missing_inputs",
        (
            {
                "organization_id": organization_id,
                "period": period,
                "metric": "technical_employees",
                "label": "# of technical employees",
                "reason": "nobody entered one",
            }
            for period in ("2026-04", "2026-05", "2026-06")
        ),
    )
    insert(
        connection,
        "marts.fct_unmapped_accounts",
        [
            {
                "organization_id": organization_id,
                "period": "2026-05",
                "basis": "Accrual",
                "account_id": "91",
                "account_name": "Vehicles:Fuel",
                "report_group": "Expenses",
                "amount": Decimal("-1204.56"),
            }
        ],
    )


def whole_organization(
    connection: psycopg.Connection, organization_id: str = ORGANIZATION, alias: int = 1, **facts: Any
) -> None:
    """Everything above, in one organization."""
    organization(connection, organization_id, alias, **facts)
    periods(connection, organization_id)
    metrics(connection, organization_id)
    smartnumbers(connection, organization_id)
    sources(connection, organization_id)
    devices_and_agreements(connection, organization_id)
    checks(connection, organization_id)
    quality(connection, organization_id)
