"""What is done for a dealer's customers in each quarter, and what they spend on it."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from sandbox.opsdb.kept import CHICAGO
from sandbox.truth.dealer import Dealer, Quarter, Row, half_even, of, ratio, total
from sandbox.truth.fleet import active, fleet

KINDS = {"PM": "planned", "RP": "unplanned", "DM": "damage"}
NAMES = ("planned", "unplanned", "damage", "other")
HOURS_A_QUARTER = 520


def kind_of(order: Row) -> str:
    """What kind of work it is."""
    return KINDS.get(order["ORDTYP"], "other")


def day_of(moment: datetime | None) -> date | None:
    """The day on the dealer's own clock, which its system writes."""
    return moment.date() if moment else None


def hours_between(called: datetime | None, arrived: datetime | None) -> Fraction | None:
    """How long somebody waited, the hour that the clocks skip or repeat counted as it was."""
    if called is None or arrived is None:
        return None
    waited = arrived.replace(tzinfo=CHICAGO).timestamp() - called.replace(tzinfo=CHICAGO).timestamp()
    return Fraction(int(waited), 3600) if waited >= 0 else None


def calls(dealer: Dealer, scope: int | str, quarter: Quarter) -> list[Row]:
    """The orders opened in the quarter."""
    return [row for row in of(dealer.orders, scope) if quarter.holds(day_of(row["OPENED"]))]


def shares(counts: dict[str, int]) -> dict[str, Decimal | None]:
    """Each kind's part of the calls; the first of the largest kinds takes what rounding leaves over."""
    number = sum(counts.values())
    if not number:
        return dict.fromkeys(NAMES)
    found = {name: Decimal(round(Fraction(counts[name], number) * 10_000)).scaleb(-4) for name in NAMES}
    largest = max(NAMES, key=lambda name: counts[name])
    found[largest] += 1 - sum(found.values())
    return dict(found)


def performance(dealer: Dealer, scope: int | str, quarter: Quarter) -> Row:
    """Calls, maintenance done in time, response and repairs in one visit."""
    called = calls(dealer, scope, quarter)
    counts = {name: sum(kind_of(row) == name for row in called) for name in NAMES}
    due = [
        row
        for row in of(dealer.orders, scope)
        if kind_of(row) == "planned" and quarter.holds(row["DUEDT"]) and row["DUEDT"] <= quarter.measured
    ]
    done = [row for row in due if row["CLOSED"] and row["CLOSED"].date() <= quarter.last]
    waits = [hours for row in called if (hours := hours_between(row["CALLED"], row["ARRIVED"])) is not None]
    repairs = [row for row in called if kind_of(row) != "planned" and row["CLOSED"]]
    at_once = [row for row in repairs if row["VISITS"] == 1]
    return {
        "service_calls": len(called),
        **{f"calls_{name}": counts[name] for name in NAMES},
        **{f"share_{name}": share for name, share in shares(counts).items()},
        "planned_due": len(due),
        "planned_completed": len(done),
        "planned_completion_rate": half_even(ratio(len(done), len(due)), 4),
        "average_response_hours": half_even(ratio(sum(waits, Fraction(0)), len(waits)), 4),
        "calls_without_response": len(called) - len(waits),
        "repairs_completed": len(repairs),
        "repairs_in_one_visit": len(at_once),
        "repairs_without_visits": 0,
        "first_time_fix_rate": half_even(ratio(len(at_once), len(repairs)), 4),
    }


def calls_by_month(dealer: Dealer, scope: int | str, quarter: Quarter) -> dict[str, int]:
    """How many orders were opened in each month of the quarter that has begun."""
    months = {f"{quarter.first.year}-{month:02}": 0 for month in range(quarter.first.month, quarter.measured.month + 1)}
    for row in calls(dealer, scope, quarter):
        months[f"{row['OPENED']:%Y-%m}"] += 1
    return months


def completed(dealer: Dealer, scope: int | str, quarter: Quarter) -> list[Row]:
    """The orders done in the quarter, which is when they are billed."""
    return [row for row in of(dealer.orders, scope) if quarter.holds(day_of(row["CLOSED"]))]


def costs(dealer: Dealer, scope: int | str, quarter: Quarter) -> Row:
    """What those orders cost, by kind and by labour and parts."""
    billed = completed(dealer, scope, quarter)
    kinds = {name: [row for row in billed if kind_of(row) == name] for name in NAMES}
    spend = total(row["TOTAL"] for row in billed)
    labor, parts = total(row["LABOR"] for row in billed), total(row["PARTS"] for row in billed)
    units = len(active(dealer, scope, quarter))
    return {
        "total_spend": spend,
        **{f"{name}_cost": total(row["TOTAL"] for row in rows) for name, rows in kinds.items()},
        **{f"{name}_orders": len(rows) for name, rows in kinds.items()},
        "orders_without_amount": 0,
        "orders_not_split": 0,
        "labor_spend": labor,
        "parts_spend": parts,
        "other_spend": spend - labor - parts,
        "cost_per_unit": half_even(ratio(Fraction(spend), units), 2),
    }


def overlap(first: date, last: date, begin: date, end: date) -> int:
    """Days that two stretches share, first and last days included."""
    return max(0, (min(last, end) - max(first, begin)).days + 1)


def rented(dealer: Dealer, scope: int | str, begin: date, end: date) -> Row:
    """Rentals, their days and their cost between two days; a machine that is still out is paid by the day."""
    found, days, spend = 0, 0, Fraction(0)
    for row in of(dealer.rentals, scope):
        back = row["INDT"] or end
        shared = overlap(row["OUTDT"], back, begin, end)
        if shared:
            found += 1
            days += shared
            over = row["INDT"] is not None
            spend += shared * (
                Fraction(row["BILLED"]) / ((back - row["OUTDT"]).days + 1) if over else Fraction(row["RATE"])
            )
    return {"active_rentals": found, "rental_days": days, "rental_spend": half_even(spend, 2)}


def parts_and_rentals(dealer: Dealer, scope: int | str, quarter: Quarter) -> Row:
    """Parts ordered in the quarter, and rentals that ran in it."""
    known = {row["ORDNO"] for row in dealer.orders if row["CLOSED"] and row["TOTAL"] is not None}
    lines = [row for row in of(dealer.parts, scope) if quarter.holds(row["ORDDT"])]
    alone = [row for row in lines if row["SVCORD"] not in known]
    return {
        "parts_orders": len({row["PONO"] for row in lines}),
        "parts_lines": len(lines),
        "lines_without_amount": 0,
        "parts_spend": total(row["EXTAMT"] for row in lines),
        "parts_over_the_counter": total(row["EXTAMT"] for row in alone),
        "rentals_without_amount": 0,
        **rented(dealer, scope, quarter.first, quarter.measured),
    }


def categories(dealer: Dealer, scope: int | str, quarter: Quarter) -> list[tuple[str, Decimal]]:
    """The five categories with the highest spend, and the rest."""
    spend: dict[str, Decimal] = defaultdict(Decimal)
    for row in of(dealer.parts, scope):
        if quarter.holds(row["ORDDT"]):
            spend[row["CATEG"]] += row["EXTAMT"]
    ranked = sorted(spend.items(), key=lambda item: (-item[1], item[0]))
    rest = [("other", total(amount for _, amount in ranked[5:]))] if ranked[5:] else []
    return [*ranked[:5], *rest]


def downtime(dealer: Dealer, scope: int | str, quarter: Quarter) -> Decimal | None:
    """Hours that the orders opened in the quarter record."""
    hours = [row["DOWNHRS"] for row in calls(dealer, scope, quarter) if row["DOWNHRS"] is not None]
    return total(hours) if hours else None


def value(dealer: Dealer, scope: int | str, quarter: Quarter) -> Row:
    """What was spent in three parts, and how much of the time the machines ran."""
    cost, other = costs(dealer, scope, quarter), parts_and_rentals(dealer, scope, quarter)
    service, parts = cost["total_spend"] - cost["parts_spend"], cost["parts_spend"] + other["parts_over_the_counter"]
    stood, units = downtime(dealer, scope, quarter), len(active(dealer, scope, quarter))
    before = next((one for one in dealer.quarters() if one.name == f"{quarter.first.year - 1}{quarter.name[4:]}"), None)
    then = downtime(dealer, scope, before) if before else None
    up = avoided = None
    if stood is not None and then is not None and quarter.is_over:
        avoided = then - stood
    if stood is not None and units and quarter.is_over:
        up = half_even(1 - Fraction(stood) / (units * HOURS_A_QUARTER), 4)
    return {
        "service_and_labor_spend": service,
        "parts_spend": parts,
        "rental_spend": other["rental_spend"],
        "total_spend": service + parts + other["rental_spend"],
        "downtime_hours": stood,
        "downtime_hours_avoided": avoided,
        "uptime": up,
        "estimated_savings": None,
    }


def advice(dealer: Dealer, scope: int | str, quarter: Quarter) -> dict[str, bool | None]:
    """Which rules apply; None for one that could not be asked: nobody looked at a machine, a quarter is not over."""
    cost, machines = costs(dealer, scope, quarter), fleet(dealer, scope, quarter)
    found: dict[str, bool | None] = {
        "replace_units": machines["units_replace"] > 0,
        "more_planned_maintenance": cost["unplanned_cost"] > cost["planned_cost"],
        "operator_training": cost["damage_orders"] > 2,
    }
    if machines["units_not_assessed"] == machines["units"]:
        found["replace_units"] = None
    quiet = True if quarter.is_over and None not in found.values() else None
    return {**found, "steady_state": False if True in found.values() else quiet}
