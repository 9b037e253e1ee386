"""The dealer in lift trucks: eight customers, a hundred and fifty machines, what is serviced, sold, rented and judged.

Its system knows no zones: times are Chicago's, and every name is in capitals.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import NamedTuple

from sandbox.opsdb.kept import DAYS, FIRST_DAY, LAST_DAY, Kept, at, day_number, local
from sandbox.world.draws import chance, dollars, draws

SCHEMA = "DLR"
CUSTOMERS = (
    ("Brackenfold Beverages", 38, "North"), ("Quillmark Paper", 27, "North"), ("Tolliver Cold Storage", 24, "South"),
    ("Marrowby Foods", 19, "South"), ("Ostrander Tile", 16, "North"), ("Pinecrest Pallets", 12, "South"),
    ("Duskwater Brewing", 9, "North"), ("Hale & Vintner Lumber", 5, "South"),
)  # fmt: skip
KINDS = (
    ("sit-down counterbalance", "Haverlift", "HC50"), ("sit-down counterbalance", "Nordstack", "N25"),
    ("reach truck", "Haverlift", "HR15"), ("pallet jack", "Quarrymount", "QP8"), ("order picker", "Nordstack", "NO12"),
)  # fmt: skip
CATEGORIES = ("Filters", "Tires", "Forks", "Hydraulics", "Batteries", "Electrical", "Brakes")
PM_DAYS = 90
NEVER = datetime(1999, 1, 1, tzinfo=UTC)
"""When what was there before the tables begin is shown from."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of a fleet."""

    unit: str
    customer: int
    kind: str
    acquired: date
    retired: date | None


class Sale(NamedTuple):
    """Something billed: the ledger books it on that day."""

    day: date
    customer: int
    what: str
    amount: Decimal


def make_customers(seed: int) -> Kept:
    """The parties that are billed; company 99 is the dealer's own training company."""
    table = Kept(SCHEMA, "CUSTMAST", {
        "CUSNO": "integer", "CUSNAM": "varchar(60) not null", "STAT": "char(1)", "SLSMAN": "varchar(30)",
        "BRANCH": "varchar(10)", "SINCE": "date", "COMPANY": "char(2) not null", "CHGSTMP": "timestamp",
    })  # fmt: skip
    draw = draws(seed, "opsdb dealer customers")
    for index, (name, _, branch) in enumerate(CUSTOMERS):
        since = date(2012 + index, 1 + draw.randrange(12), 5)
        facts = (200 + 10 * index, name, "A", draw.choice(("R. Embers", "T. Okonjo-Lind")), branch, since, "01")
        moved = at(day_number(100 + 60 * index), 900)
        changed = (*facts[:3], "T. Okonjo-Lind", *facts[4:])
        table.add_versions([(NEVER, (*facts, None)), (moved, (*changed, local(moved)))])
    table.add((990, "Training account", "A", None, "North", date(2010, 1, 1), "99", None), NEVER)
    return table


def make_machines(seed: int) -> tuple[Kept, list[Machine]]:
    """The fleets, with the hours that are read off every month."""
    table = Kept(SCHEMA, "EQUIP", {
        "UNITNO": "varchar(12)", "CUSNO": "integer", "SERIAL": "varchar(20)", "MAKE": "varchar(20)",
        "MODEL": "varchar(20)", "CATEG": "varchar(30)", "OWNCD": "char(1)", "YR": "smallint", "ACQDT": "date",
        "RETDT": "date", "HOURS": "numeric(9,1)", "CONTRACT": "smallint", "STAT": "char(1)", "CHGSTMP": "timestamp",
    })  # fmt: skip
    machines, numbers = [], count(1)
    for index, (_, size, _) in enumerate(CUSTOMERS):
        for _ in range(size):
            number = next(numbers)
            machines.append(_keep(table, draws(seed, f"opsdb machine {number}"), number, 200 + 10 * index))
    return table, machines


def _keep(table: Kept, draw: Random, number: int, customer: int) -> Machine:
    kind, make, model = draw.choice(KINDS)
    age = int(draw.triangular(0, 5400, 1500))
    acquired = FIRST_DAY + timedelta(days=400) - timedelta(days=age)
    retired = day_number(draw.randrange(200, DAYS)) if age > 3600 and chance(draw, 0.4) else None
    owned, serial = draw.choice("OOOOLLR"), f"{make[:2].upper()}{draw.randrange(100_000, 999_999)}"
    hours, use = Decimal(max(0, age) * draw.randrange(2, 6)), draw.randrange(40, 190)
    shown = max(NEVER, at(acquired, 840)) if acquired > FIRST_DAY else NEVER
    unit, contract = f"U{number:05}", int(chance(draw, 0.6))
    # A few machines came from a system that did not know when they were bought.
    known = None if number % 29 == 0 else acquired

    def row(read: Decimal, state: str, when: datetime | None) -> tuple[object, ...]:
        facts = (unit, customer, serial, make, model, kind, owned, acquired.year, known)
        return (*facts, retired if state == "R" else None, read, contract, state, local(when) if when else None)

    versions = [(shown, row(hours, "A", None if shown == NEVER else shown))]
    month = max(acquired, FIRST_DAY) + timedelta(days=draw.randrange(20, 32))
    while month < (retired or LAST_DAY):
        hours += use + draw.randrange(0, 20)
        moment = at(month, 1020 + number % 60)
        versions.append((moment, row(hours, "A", moment)))
        month += timedelta(days=30)
    if retired:
        moment = at(retired, 1200)
        versions.append((moment, row(hours, "R", moment)))
    table.add_versions(versions)
    return Machine(unit, customer, kind, acquired, retired)


def make_rentals(seed: int, machines: list[Machine]) -> tuple[Kept, list[Sale]]:
    """Machines that a customer has for a while; some are still out."""
    table = Kept(SCHEMA, "RENTAL", {
        "RENTNO": "integer", "CUSNO": "integer not null", "UNITNO": "varchar(12)", "CATEG": "varchar(30)",
        "OUTDT": "date not null", "INDT": "date", "RATE": "numeric(9,2)", "BILLED": "numeric(12,2)", "STAT": "char(1)",
        "CHGSTMP": "timestamp not null",
    })  # fmt: skip
    draw, sales = draws(seed, "opsdb rentals"), []
    for number, day in enumerate(range(2, DAYS - 5, 6), start=7001):
        out, back = day_number(day), day_number(day + draw.randrange(3, 75))
        customer, machine, rate = draw.choice(machines).customer, draw.choice(machines), dollars(draw, 45, 160)
        facts = (number, customer, f"R{machine.unit[1:]}", machine.kind, out)
        began, ended = at(out, 900), at(back, 1230)
        billed = rate * ((back - out).days + 1)
        table.add_versions(
            [
                (began, (*facts, None, rate, None, "O", local(began))),
                (ended, (*facts, back, rate, billed, "C", local(ended))),
            ]
        )
        sales.append(Sale(back, customer, "rental", billed))
    return table, sales


def make_assessments(seed: int, machines: list[Machine]) -> Kept:
    """Each half year somebody looks at each machine; some are never looked at."""
    table = Kept(SCHEMA, "CONDHIST", {
        "ASSESSID": "integer", "UNITNO": "varchar(12) not null", "CUSNO": "integer", "ASSDT": "date not null",
        "COND": "varchar(10) not null", "AGEYRS": "numeric(5,2)", "ANNMAINT": "numeric(12,2)", "BYWHOM": "varchar(30)",
        "REMARK": "varchar(200)", "CHGSTMP": "timestamp not null",
    })  # fmt: skip
    numbers = count(1)
    for machine in machines:
        draw = draws(seed, f"opsdb assessments of {machine.unit}")
        day = max(machine.acquired, FIRST_DAY) + timedelta(days=draw.randrange(10, 180))
        while day < (machine.retired or LAST_DAY) and not machine.unit.endswith("7"):
            age = Decimal((day - machine.acquired).days) / Decimal("365.25")
            worn = float(age) + draw.gauss(0, 1.5)
            condition = "replace" if worn > 10.5 else "monitor" if worn > 6 else "good"
            remark = "mast leaks, quoted" if condition == "replace" else None
            cost = dollars(draw, 300, 901 + int(max(0.0, worn) * 400))
            facts = (machine.unit, machine.customer, day, condition, round(age, 2), cost)
            moment = at(day, 1100)
            table.add((next(numbers), *facts, "R. Embers", remark, local(moment)), moment)
            day += timedelta(days=draw.randrange(150, 210))
    return table
