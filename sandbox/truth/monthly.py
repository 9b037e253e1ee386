"""The 27 monthly inputs and what stands between them, for the business and for each client."""

from datetime import datetime
from decimal import Decimal

from sandbox.truth.money import Figures, books, completed
from sandbox.truth.months import complete_months
from sandbox.truth.operations import (
    UNASSIGNED,
    ByMonthAndClient,
    agreements_in_force,
    devices_managed,
    hours_spent,
    tickets_closed,
    tickets_created,
)
from sandbox.world.entities import World

INPUTS = (
    "reactive_tickets_created", "reactive_tickets_closed", "reactive_time_spent", "endpoints_managed", "seats_managed",
    "nrr", "mrr", "orr", "product_sales", "misc_revenue", "total_revenue", "employee_expense", "owner_comp_taxes",
    "owner_comp", "product_cogs", "other_expenses", "total_expenses", "net_profit", "employees", "technical_employees",
    "agreements", "telemarketing_dials", "first_time_appointments", "prospects_to_pbr", "new_agreements", "new_mrr",
    "lost_mrr",
)  # fmt: skip
INTERMEDIATES = ("total_income", "payroll_total", "total_expenses_qb", "uncategorized_expenses")
OF_THE_DESK = ("reactive_tickets_created", "reactive_tickets_closed", "reactive_time_spent", "agreements")
OF_THE_FLEET = ("endpoints_managed", "seats_managed")


def monthly_inputs(world: World, now: datetime) -> dict[str, Figures]:
    """Every complete month's inputs and intermediates, exact; None where the figure was never given."""
    operations, ledger = _operations(world, now), books(world, now)
    typed = {(row.period, row.metric): row.value for row in world.manual_rows}
    result = {}
    for period in complete_months(world, now):
        counted: Figures = {
            metric: sum((amount for key, amount in amounts.items() if key[0] == period), Decimal(0))
            for metric, amounts in operations.items()
        }
        by_hand: Figures = {metric: typed.get((period, metric)) for metric in INPUTS if metric not in counted}
        figures = completed({**by_hand, **counted, **ledger[period]})
        result[period] = {metric: figures[metric] for metric in (*INPUTS, *INTERMEDIATES)}
    return result


def client_inputs(world: World, now: datetime) -> dict[str, dict[str, Figures]]:
    """The operations inputs of each client, by complete month and client key (``unassigned`` for no company).

    None where the client is not known to the system that counts, or its devices are left out by rule; 0 is counted.
    """
    operations = _operations(world, now)
    scopes: dict[str, tuple[bool, bool]] = {UNASSIGNED: (True, True)}
    for client in world.clients:
        psa = client.connectwise is not None and client.connectwise.created_at <= now
        rmm = client.ninjaone is not None and client.ninjaone.created_at <= now
        if rmm or psa:
            left_out = client.ninjaone is not None and client.ninjaone.name in world.excluded_organizations
            scopes[client.key] = (psa, rmm and not left_out)
    return {
        period: {
            key: {
                **{metric: _figure(operations[metric], period, key, known=psa) for metric in OF_THE_DESK},
                **{metric: _figure(operations[metric], period, key, known=rmm) for metric in OF_THE_FLEET},
            }
            for key, (psa, rmm) in scopes.items()
        }
        for period in complete_months(world, now)
    }


def _operations(world: World, now: datetime) -> dict[str, ByMonthAndClient]:
    endpoints, seats = devices_managed(world, now)
    return {
        "reactive_tickets_created": tickets_created(world, now),
        "reactive_tickets_closed": tickets_closed(world, now),
        "reactive_time_spent": hours_spent(world, now),
        "endpoints_managed": endpoints,
        "seats_managed": seats,
        "agreements": agreements_in_force(world, now),
    }


def _figure(amounts: ByMonthAndClient, period: str, key: str, *, known: bool) -> Decimal | None:
    return amounts.get((period, key), Decimal(0)) if known else None
