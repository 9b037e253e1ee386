"""The machines of a dealer's customers at the end of each quarter: how many, whose, how old, in what condition."""

from collections import Counter
from datetime import date
from fractions import Fraction

from sandbox.truth.dealer import Dealer, Quarter, Row, half_even, of, total

OWNERSHIPS = {"O": "owned", "L": "leased", "R": "rented"}
LIMITS = {3: "0_to_2", 6: "3_to_5", 9: "6_to_8", 12: "9_to_11"}
"""The age in years below which a machine is in the group."""


def active(dealer: Dealer, scope: int | str, quarter: Quarter) -> list[Row]:
    """The machines that a scope has at the quarter's end."""
    return [
        row
        for row in of(dealer.machines, scope)
        if (row["ACQDT"] <= quarter.measured if row["ACQDT"] else row["YR"] <= quarter.measured.year)
        and (row["RETDT"] is None or row["RETDT"] > quarter.measured)
    ]


def birthday(acquired: date, years: int) -> date:
    """The day so many years later; 29 February falls on the 28th where there is none."""
    try:
        return acquired.replace(year=acquired.year + years)
    except ValueError:
        return acquired.replace(year=acquired.year + years, day=28)


def age_on(acquired: date, day: date) -> Fraction:
    """Whole years, and of the year that is running the part that is over."""
    years = day.year - acquired.year
    while birthday(acquired, years) > day:
        years -= 1
    last, following = birthday(acquired, years), birthday(acquired, years + 1)
    return years + Fraction((day - last).days, (following - last).days)


def latest_look(dealer: Dealer, unit: str, day: date) -> Row | None:
    """The latest assessment until a day; of one day the one that was entered here."""
    looks = [
        (row["ASSDT"], 0, row["ASSESSID"], row) for row in dealer.looks if row["UNITNO"] == unit and row["ASSDT"] <= day
    ]
    looks += [
        (seen.day, 1, number, {"COND": seen.condition, "AGEYRS": None, "ANNMAINT": None})
        for number, seen in enumerate(dealer.entered)
        if seen.unit == unit and seen.day <= day
    ]
    return max(looks, key=lambda look: look[:3])[3] if looks else None


def age_of(machine: Row, look: Row | None, day: date) -> Fraction | None:
    """Its age, from its acquisition, else as it was last assessed."""
    if machine["ACQDT"]:
        return age_on(machine["ACQDT"], day)
    return Fraction(look["AGEYRS"]) if look and look["AGEYRS"] is not None else None


def group_of(age: Fraction | None) -> str:
    """The group of ages that it falls into, before any rounding."""
    if age is None:
        return "unknown"
    return next((name for limit, name in LIMITS.items() if age < limit), "12_and_more")


def fleet(dealer: Dealer, scope: int | str, quarter: Quarter) -> Row:
    """How many machines, whose they are, in what condition and how old."""
    machines = active(dealer, scope, quarter)
    owned = Counter(OWNERSHIPS[row["OWNCD"]] for row in machines)
    conditions: Counter[str] = Counter()
    buckets: Counter[str] = Counter()
    ages, cost = [], []
    for machine in machines:
        look = latest_look(dealer, machine["UNITNO"], quarter.measured)
        condition = look["COND"] if look else "not_assessed"
        conditions[condition] += 1
        if look and condition != "good":
            cost.append(look["ANNMAINT"])
        age = age_of(machine, look, quarter.measured)
        ages += [] if age is None else [age]
        buckets[group_of(age)] += 1
    mean = sum(ages, Fraction(0)) / len(ages) if ages else None
    return {
        "units": len(machines),
        **{f"units_{name}": owned[name] for name in OWNERSHIPS.values()},
        "units_ownership_unknown": 0,
        "units_under_contract": sum(row["CONTRACT"] for row in machines),
        **{f"units_{name}": conditions[name] for name in ("good", "monitor", "replace", "not_assessed")},
        "average_age_years": half_even(mean, 1),
        **{f"units_age_{name}": buckets[name] for name in (*LIMITS.values(), "12_and_more", "unknown")},
        "attention_annual_cost": total(cost) if any(amount is not None for amount in cost) else None,
    }


def mix(dealer: Dealer, scope: int | str, quarter: Quarter) -> Row:
    """How many machines of each kind; the made-up dealer knows five at most."""
    return dict(Counter(row["CATEG"] for row in active(dealer, scope, quarter)))
