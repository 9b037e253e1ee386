"""The fleet marts of an invented dealer's two clients: one of whom everything is known, one with half of it missing."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from tests.reports import marts
from warehouse.periods import Period, Quarter, periods_between

ORGANIZATION = "hollowbrook-lift"
CLIENT, SPARSE = "acorn-freight", "birch-cold-store"
NAMES = {CLIENT: "Acorn Freight", SPARSE: "Birch Cold Store"}
QUARTER = "2026-Q2"
LAST_DAY = date(2026, 6, 30)
READ_AT = datetime.fromisoformat("2026-07-06T14:05:00+00:00")
KINDS = ("Sit-down counterbalance", "Reach truck", "Pallet jack", "Order picker", "Tow tractor", "Stacker",
         "Side loader", "Turret truck", "Walkie", "Boom lift")  # fmt: skip
NOT_READ = "The dealer's {} were not read for this quarter."


def fill(connection: psycopg.Connection) -> None:
    """Everything that a review of either client rests on."""
    marts.organization(
        connection, ORGANIZATION, alias=7, name="Hollowbrook Lift", settings={"brand": {"footer": "Hollowbrook"}}
    )
    marts.periods(connection, ORGANIZATION)
    for alias, (client, name) in enumerate(NAMES.items(), start=1):
        marts.insert(
            connection,
            "app.clients",
            [{"organization_id": ORGANIZATION, "client_id": client, "client_alias": alias, "name": name,
              "is_confirmed": True}],
        )  # fmt: skip
        marts.insert(
            connection,
            "marts.dim_clients",
            [{"organization_id": ORGANIZATION, "client_id": client, "client_alias": alias, "name": name,
              "is_confirmed": True, "opsdb_customer_id": f"C{alias}", "match_method": "own", "is_excluded": False,
              "is_unmatched": False}],
        )  # fmt: skip
    for table, rows in known().items():
        marts.insert(connection, f"marts.{table}", rows)
    for table, rows in sparse().items():
        marts.insert(connection, f"marts.{table}", rows)


def _of(client: str, quarter: str = QUARTER, **facts: Any) -> dict[str, Any]:
    return {"organization_id": ORGANIZATION, "client_id": client, "quarter": quarter, **facts}


def known(client: str = CLIENT) -> dict[str, list[dict[str, Any]]]:
    """Mart to rows of a client of whom everything is known."""
    fresh = {"is_complete": True, "freshest_at": READ_AT}
    mix = [
        _of(client, position=n, is_rest=False, equipment_type=kind, equipment_types=1, units=12 - n,
            share=Decimal(12 - n) / 66)
        for n, kind in enumerate(KINDS, start=1)
    ]  # fmt: skip
    mix.append(_of(client, position=11, is_rest=True, equipment_type="other", equipment_types=2, units=1,
                   share=Decimal(1) / 66))  # fmt: skip
    return {
        "fct_fleet_overview": [
            _of(client, measured_date=LAST_DAY, units=66, units_owned=40, units_leased=16, units_rented=8,
                units_ownership_unknown=2, units_under_contract=50, units_contract_unknown=0, equipment_types=12,
                **fresh)
        ],
        "fct_fleet_mix": mix,
        "fct_fleet_health": [
            _of(client, measured_date=LAST_DAY, units=66, units_good=41, units_monitor=14, units_replace=7,
                units_not_assessed=4, units_condition_unknown=0, attention_annual_cost=Decimal("61250.50"),
                average_age_years=Decimal("6.7"), units_age_known=64, units_age_0_to_2=11, units_age_3_to_5=19,
                units_age_6_to_8=17, units_age_9_to_11=10, units_age_12_and_more=7, units_age_unknown=2, **fresh)
        ],
        "fct_fleet_units": [
            _of(client, equipment_id=f"U{n:05d}", make="Haverlift", model=f"HC{n}0", equipment_type=KINDS[n % 4],
                ownership="owned", measured_date=LAST_DAY, age_years=Decimal(25 - n), age_bucket="12+",
                condition="replace" if n < 8 else "monitor", assessed_date=LAST_DAY, assessed_by="T. Wren",
                annual_maintenance_cost=Decimal(4000 - 100 * n), needs_attention=True)
            for n in range(1, 22)
        ],
        "fct_service_performance": [
            _of(client, quarter, service_calls=calls, calls_planned=calls - 60, calls_unplanned=42, calls_damage=8,
                calls_other=10, share_planned=Decimal(calls - 60) / calls, share_unplanned=Decimal(42) / calls,
                share_damage=Decimal(8) / calls, share_other=Decimal(10) / calls, planned_due=80,
                planned_completed=76, planned_completion_rate=Decimal("0.95"),
                average_response_hours=Decimal("5.4"), calls_with_response=50, calls_without_response=2,
                repairs_completed=40, repairs_in_one_visit=33, repairs_without_visits=0,
                first_time_fix_rate=Decimal("0.825"), **fresh)
            for quarter, calls in (("2026-Q1", 131), (QUARTER, 140))
        ],
        "fct_service_calls_monthly": [
            {"organization_id": ORGANIZATION, "client_id": client, "period": str(month), "quarter": str(month.quarter),
             "is_complete": True, "service_calls": 40 + n, "calls_planned": 24 + n, "calls_unplanned": 12,
             "calls_damage": 2, "calls_other": 2, "freshest_at": READ_AT}
            for n, month in _year()
        ],
        "fct_service_costs": [
            _of(client, total_spend=Decimal("48210.75"), planned_cost=Decimal(18400), planned_orders=80,
                unplanned_cost=Decimal("23310.75"), unplanned_orders=42, damage_cost=Decimal(5100), damage_orders=8,
                other_cost=Decimal(1400), other_orders=10, orders_without_amount=1, orders_not_split=0,
                labor_spend=Decimal("29010.25"), parts_spend=Decimal("17800.50"), other_spend=Decimal(1400),
                units=66, cost_per_unit=Decimal("730.4659"), **fresh)
        ],
        "fct_fleet_spend_trends": [
            _of(client, position=n, trend_quarter=str(quarter), label=f"Q{quarter.number} {quarter.year}",
                service_spend=Decimal(44000 + 1000 * n), planned_cost=Decimal(17000 + 350 * n),
                unplanned_cost=Decimal(21000 + 500 * n), damage_cost=Decimal(4600 + 125 * n),
                other_cost=Decimal(1400 + 25 * n), service_and_labor_spend=Decimal(30000 + 500 * n),
                parts_spend=Decimal(19000 + 250 * n), rental_spend=Decimal(6000 + 150 * n),
                total_spend=Decimal(55000 + 900 * n))
            for n, quarter in enumerate((Quarter(2026, 2) - back for back in (3, 2, 1, 0)), start=1)
        ],
        "fct_parts_and_rentals": [
            _of(client, parts_orders=57, parts_lines=190, lines_without_amount=3, parts_spend=Decimal("20012.40"),
                parts_on_service_orders=Decimal(12000), parts_over_the_counter=Decimal("8012.40"), active_rentals=5,
                rental_days=211, rentals_without_amount=0, rental_spend=Decimal("6612.00"), **fresh)
        ],
        "fct_parts_categories": [
            _of(client, position=n, is_rest=n == 6, category=name, categories=1, lines_without_amount=0,
                spend=Decimal(7000 - 1000 * n))
            for n, name in enumerate(("Tires", "Filters", "Batteries", "Forks", "Hydraulics", "other"), start=1)
        ],
        "fct_rental_months": [
            {"organization_id": ORGANIZATION, "client_id": client, "period": str(month), "quarter": str(month.quarter),
             "is_complete": True, "active_rentals": 3, "rental_days": 55 + n, "rental_spend": Decimal(1800 + 20 * n),
             "freshest_at": READ_AT}
            for n, month in _year()
        ],
        "fct_value_delivered": [
            _of(client, service_and_labor_spend=Decimal("36210.75"), parts_spend=Decimal("20012.40"),
                rental_spend=Decimal(6612), total_spend=Decimal("62835.15"), downtime_hours=Decimal("410.5"),
                orders_with_downtime=44, orders_without_downtime=6, downtime_hours_avoided=Decimal(96),
                scheduled_hours=Decimal(34320), uptime=Decimal("0.9880"), estimated_savings=Decimal("12052.69"),
                estimated_savings_label="assumption: 25 % of service spend", **fresh)
        ],
        "fct_recommendations": [
            _advice(client, 1, "replace_units", "equipment_refresh", "Replace 7 machines",
                    "; ".join(f"U{n:05d} Haverlift HC{n}0, {15 - n}.0 years, ${4000 - 100 * n:,}.00 a year"
                              for n in range(1, 8)), Decimal(25200),
                    "Yearly maintenance of these machines, by their assessments."),
            _advice(client, 2, "more_planned_maintenance", "optimization", "Plan more maintenance",
                    "Repairs cost $23,310.75, planned maintenance $18,400.00: $4,910.75 more.", Decimal("4910.75"),
                    "The difference between repairs and planned maintenance; no saving is promised."),
            _advice(client, 3, "operator_training", "safety_training", "Train the operators",
                    "8 orders after damage or accidents, which cost $5,100.00.", Decimal(5100),
                    "What damage and accidents cost in the quarter; no share of it is promised."),
            _of(client, rule="steady_state", position=4, category="optimization", is_recommended=False,
                is_auto_generated=True, is_complete=True),
        ],
    }  # fmt: skip


def sparse(client: str = SPARSE) -> dict[str, list[dict[str, Any]]]:
    """A client of whom machines and parts are known, assessments, service orders and rentals are not."""
    orders, rentals = NOT_READ.format("service orders"), NOT_READ.format("rentals")
    condition = NOT_READ.format("condition assessments")
    return {
        "fct_fleet_overview": [
            _of(client, measured_date=LAST_DAY, is_complete=True, units=3, units_owned=3, units_leased=0,
                units_rented=0, units_ownership_unknown=0, units_under_contract=0, units_contract_unknown=0,
                equipment_types=1, freshest_at=READ_AT)
        ],
        "fct_fleet_mix": [
            _of(client, position=1, is_rest=False, equipment_type="Reach truck", equipment_types=1, units=3, share=1)
        ],
        "fct_fleet_health": [
            _of(client, measured_date=LAST_DAY, is_complete=True, units=3, average_age_years=Decimal("2.0"),
                units_age_known=3, units_age_0_to_2=3, units_age_3_to_5=0, units_age_6_to_8=0, units_age_9_to_11=0,
                units_age_12_and_more=0, units_age_unknown=0, condition_reason=condition,
                attention_cost_reason=condition, freshest_at=READ_AT)
        ],
        "fct_service_performance": [
            _of(client, is_complete=True, reason=orders, planned_completion_reason=orders,
                average_response_reason=orders, first_time_fix_reason=orders)
        ],
        "fct_service_costs": [
            _of(client, is_complete=True, reason=orders, labor_reason=orders, parts_reason=orders,
                cost_per_unit_reason=orders)
        ],
        "fct_parts_and_rentals": [
            _of(client, is_complete=True, parts_orders=2, parts_lines=2, lines_without_amount=0,
                parts_spend=Decimal("310.20"), parts_on_service_orders=0, parts_over_the_counter=Decimal("310.20"),
                rentals_reason=rentals, rental_spend_reason=rentals, freshest_at=READ_AT)
        ],
        "fct_parts_categories": [
            _of(client, position=1, is_rest=False, category="Filters", categories=1, lines_without_amount=0,
                spend=Decimal("310.20"))
        ],
        "fct_value_delivered": [
            _of(client, is_complete=True, parts_spend=Decimal("310.20"), service_and_labor_spend_reason=orders,
                rental_spend_reason=rentals, total_spend_reason=orders, downtime_reason=orders,
                downtime_avoided_reason=orders, uptime_reason=orders, estimated_savings_reason=orders)
        ],
        "fct_recommendations": [
            _of(client, rule="replace_units", position=1, category="equipment_refresh", is_auto_generated=True,
                is_complete=True, reason=condition)
        ],
    }  # fmt: skip


def _advice(client: str, position: int, rule: str, *facts: Any) -> dict[str, Any]:
    category, title, text, amount, basis = facts
    return _of(client, rule=rule, position=position, category=category, is_recommended=True, title=title,
               description=text, impact_amount=amount, impact_basis=basis, is_auto_generated=True,
               is_complete=True)  # fmt: skip


def _year() -> Iterator[tuple[int, Period]]:
    return enumerate(periods_between(Period(2025, 7), Period(2026, 6)))
