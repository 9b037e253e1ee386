"""The dealer's workshop and books: service orders, parts, and a ledger in which every journal adds up to nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from sandbox.opsdb.dealer import CATEGORIES, PM_DAYS, SCHEMA, Machine, Sale
from sandbox.opsdb.kept import DAYS, FIRST_DAY, LAST_DAY, Kept, at, day_number, local
from sandbox.world.draws import chance, dollars, draws

ACCOUNTS = {
    "receivable": ("1200", "Accounts receivable", "asset"),
    "bank": ("1000", "Operating bank", "asset"),
    "service": ("4100", "Service labor", "income"),
    "parts": ("4200", "Parts sales", "income"),
    "rental": ("4300", "Rental income", "income"),
    "wages": ("6100", "Technicians' wages", "expense"),
    "rent": ("6400", "Rent and utilities", "expense"),
}


@dataclass(slots=True)
class Workshop:
    """Orders and parts as they are drawn, and what was billed by them."""

    orders: Kept
    parts: Kept
    sales: list[Sale]
    order_numbers: Iterator[int]
    line_numbers: Iterator[int]


def make_workshop(seed: int, machines: list[Machine]) -> Workshop:
    """Maintenance every ninety days, repairs the more the older, now and then damage."""
    orders = Kept(SCHEMA, "SVCHDR", {
        "ORDNO": "integer", "CUSNO": "integer not null", "UNITNO": "varchar(12)", "ORDTYP": "char(2) not null",
        "STAT": "char(1) not null", "OPENED": "timestamp not null", "CALLED": "timestamp", "ARRIVED": "timestamp",
        "CLOSED": "timestamp", "DUEDT": "date", "VISITS": "smallint",
        "LABOR": "numeric(12,2)", "PARTS": "numeric(12,2)",
        "MISC": "numeric(12,2)", "TOTAL": "numeric(12,2)", "DOWNHRS": "numeric(7,2)", "COMPANY": "char(2) not null",
        "CHGSTMP": "timestamp not null",
    })  # fmt: skip
    parts = Kept(SCHEMA, "PRTLIN", {
        "LINEID": "integer", "PONO": "integer", "CUSNO": "integer not null", "SVCORD": "integer",
        "ORDDT": "date not null", "CATEG": "varchar(20)", "PARTNO": "varchar(20)", "QTY": "numeric(9,2)",
        "EXTAMT": "numeric(12,2) not null", "STAT": "char(1)", "CHGSTMP": "timestamp not null",
    })  # fmt: skip
    shop = Workshop(orders, parts, [], count(30_001), count(1))
    for machine in machines:
        draw = draws(seed, f"opsdb service of {machine.unit}")
        first, last = max(machine.acquired, FIRST_DAY), machine.retired or LAST_DAY
        due = first + timedelta(days=draw.randrange(10, PM_DAYS))
        while due < last:
            _serve(shop, draw, machine, "PM", due - timedelta(days=draw.randrange(1, 9)), due=due)
            due += timedelta(days=PM_DAYS)
        age = max(1.0, (FIRST_DAY - machine.acquired).days / 365)
        for kind, a_year in (("RP", 0.5 + age * 0.16), ("DM", 0.14)):
            day = first + timedelta(days=int(draw.expovariate(a_year / 365)))
            while day < last:
                _serve(shop, draw, machine, kind, day)
                day += timedelta(days=1 + int(draw.expovariate(a_year / 365)))
    _sell_over_the_counter(shop, seed, machines)
    return shop


def _serve(shop: Workshop, draw: Random, machine: Machine, kind: str, day: date, *, due: date | None = None) -> None:
    number, called = next(shop.order_numbers), at(day, draw.randrange(780, 1320))
    opened = called + timedelta(minutes=draw.randrange(5, 40))
    arrived = called + timedelta(hours=draw.uniform(1.5, 30 if kind == "RP" else 60))
    visits = 1 if kind == "PM" or chance(draw, 0.78) else draw.choice((2, 2, 3))
    closed = arrived + timedelta(hours=draw.uniform(1, 6), days=4 * (visits - 1))
    labor = dollars(draw, 140, 260) if kind == "PM" else dollars(draw, 180, 1400)
    used = _parts_of(draw, kind)
    spent, other = sum((amount for _, amount in used), Decimal(0)), Decimal("18.50")
    down = None if kind == "PM" else Decimal(round((closed - called).total_seconds() / 36)) / 100
    facts = (number, machine.customer, machine.unit, kind)
    asked = (local(opened), None if kind == "PM" and chance(draw, 0.5) else local(called))
    is_void = chance(draw, 0.01)
    rest = ("01", local(opened))
    versions: list[tuple[datetime, tuple[object, ...]]] = [
        (opened, (*facts, "O", *asked, None, None, due, 0, None, None, None, None, None, *rest))
    ]
    if is_void:
        gone = opened + timedelta(days=30) if chance(draw, 0.5) else None
        voided = opened + timedelta(hours=4)
        nothing = (None, None, due, 0, None, None, None, None, None, "01", local(voided))
        shop.orders.add_versions([*versions, (voided, (*facts, "V", *asked, *nothing))], gone=gone)
        return
    total = labor + spent + other
    done = (local(arrived), local(closed), due, visits, labor, spent, other, total, down, "01", local(closed))
    versions.append((closed, (*facts, "C", *asked, *done)))
    shop.orders.add_versions(versions)
    for category, amount in used:
        line = (next(shop.line_numbers), number, machine.customer, number, closed.date(), category)
        part = (f"P{draw.randrange(1000, 9999)}", Decimal(1), amount, "B", local(closed))
        shop.parts.add((*line, *part), closed)
    shop.sales.append(Sale(closed.date(), machine.customer, "service", labor + other))
    if spent:
        shop.sales.append(Sale(closed.date(), machine.customer, "parts", spent))


def _parts_of(draw: Random, kind: str) -> list[tuple[str, Decimal]]:
    if kind == "PM":
        return [("Filters", dollars(draw, 20, 70))]
    return [(draw.choice(CATEGORIES), dollars(draw, 30, 620)) for _ in range(draw.choice((0, 1, 1, 2)))]


def _sell_over_the_counter(shop: Workshop, seed: int, machines: list[Machine]) -> None:
    draw = draws(seed, "opsdb parts over the counter")
    for day in range(0, DAYS, 2):
        moment, customer = at(day_number(day), draw.randrange(840, 1300)), draw.choice(machines).customer
        order, when = next(shop.order_numbers) + 400_000, day_number(day)
        for _ in range(draw.choice((1, 1, 2, 3))):
            quantity = Decimal(draw.randrange(1, 6))
            amount = quantity * dollars(draw, 8, 130)
            line = (next(shop.line_numbers), order, customer, None, when, draw.choice(CATEGORIES))
            part = (f"P{draw.randrange(1000, 9999)}", quantity, amount, "B", local(moment))
            taken_back = moment + timedelta(days=9) if chance(draw, 0.01) else None
            shop.parts.add((*line, *part), moment, taken_back)
            if taken_back is None:
                shop.sales.append(Sale(when, customer, "parts", amount))


def make_ledger(seed: int, sales: list[Sale]) -> Kept:
    """Every sale, its payment a month later, and each month's wages and rent."""
    table = Kept(SCHEMA, "GLDETL", {
        "GLID": "integer", "JRNL": "integer not null", "POSTDT": "date not null", "ACCT": "varchar(10) not null",
        "ACCTNM": "varchar(40)", "ACCTTYP": "varchar(10)", "DEPT": "varchar(10)", "CUSNO": "integer",
        "DR": "numeric(12,2)", "CR": "numeric(12,2)", "DESCR": "varchar(60)", "CHGSTMP": "timestamp not null",
    })  # fmt: skip
    draw, journals, lines = draws(seed, "opsdb ledger"), count(1), count(1)

    def post(day: date, accounts: tuple[str, str], amount: Decimal, customer: int | None, text: str) -> None:
        journal, moment = next(journals), at(day, 1439)
        for account, dr, cr in zip(accounts, (amount, Decimal(0)), (Decimal(0), amount), strict=True):
            facts = (next(lines), journal, day, *ACCOUNTS[account], "SVC", customer, dr, cr, text, local(moment))
            table.add(facts, moment)

    for sale in sorted(sales):
        post(sale.day, ("receivable", sale.what), sale.amount, sale.customer, f"{sale.what} invoice")
        paid = sale.day + timedelta(days=draw.randrange(20, 50))
        if paid <= LAST_DAY:
            post(paid, ("bank", "receivable"), sale.amount, sale.customer, "payment received")
    day = FIRST_DAY
    while day < LAST_DAY:
        post(day, ("rent", "bank"), Decimal("6400.00"), None, "rent")
        post(day + timedelta(days=27), ("wages", "bank"), dollars(draw, 41_000, 47_000), None, "payroll")
        day = (day + timedelta(days=32)).replace(day=1)
    return table
