"""The macros that figures depend on, held against Python's decimal arithmetic and zone database."""

import contextlib
import random
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.dbt_project.conftest import FirstBuild, Warehouse

EXPRESSIONS = {
    "rounded to 0": "round_half_even('value', 0)",
    "rounded to 2": "round_half_even('value', 2)",
    "rounded to 4": "round_half_even('value', 4)",
    "quotient": "safe_divide('dividend', 'divisor')",
    "period": "period_of('instant', 'zone')",
    "start": "period_starts_at('period', 'zone')",
    "end": "period_starts_at('period', 'zone', months=1)",
    "quarter": "quarter_of('period')",
}


@pytest.fixture(scope="module")
def rendered(empty_warehouse: Warehouse, first_build: FirstBuild) -> dict[str, str]:
    """Each expression as the project renders it; one compilation for all of them."""
    assert first_build.results
    separator = "\n--8<--\n"
    inline = separator.join(f"{{{{ {expression} }}}}" for expression in EXPRESSIONS.values())
    result = empty_warehouse.dbt("compile", "--inline", inline)
    compiled = result.results[0].node.compiled_code
    return dict(zip(EXPRESSIONS, compiled.split(separator), strict=True))


@pytest.mark.parametrize("scale", [0, 2, 4])
def test_rounding_goes_half_to_even_like_decimal(scale: int, rendered: dict[str, str], empty_warehouse: Warehouse):
    """Exact ties, near ties and ordinary values of both signs; a seed keeps a failure repeatable."""
    chance = random.Random(20260706)
    unit = Decimal(1).scaleb(-scale)
    values = [Decimal(n) * unit / 2 for n in range(-41, 42)]
    values += [value + sign * Decimal("1e-12") for value in values for sign in (1, -1)]
    values += [Decimal(chance.randrange(-(10**12), 10**12)).scaleb(-chance.randrange(9)) for _ in range(500)]
    expression = rendered[f"rounded to {scale}"]
    rounded = empty_warehouse.rows(f"select value, {expression} from unnest(%s::numeric[]) as given (value)", [values])
    assert len(rounded) == len(values)
    wrong = [
        (value, got, wanted)
        for value, got in rounded
        if got != (wanted := value.quantize(unit, rounding=ROUND_HALF_EVEN)) or got.as_tuple().exponent != -scale
    ]
    assert wrong == []


def test_rounding_nothing_is_nothing(rendered: dict[str, str], empty_warehouse: Warehouse):
    expression = rendered["rounded to 2"]
    assert empty_warehouse.rows(f"select {expression} from (values (null::numeric)) as given (value)") == [(None,)]


@pytest.mark.parametrize(
    ("dividend", "divisor", "quotient"),
    [(3, 4, Decimal("0.75")), (0, 4, Decimal(0)), (3, 0, None), (3, None, None), (None, 4, None)],
)
def test_division_by_nothing_has_no_quotient(
    dividend: int | None,
    divisor: int | None,
    quotient: Decimal | None,
    rendered: dict[str, str],
    empty_warehouse: Warehouse,
):
    expression = rendered["quotient"]
    assert empty_warehouse.rows(
        f"select {expression} from (values (%s::integer, %s::integer)) as given (dividend, divisor)",
        [dividend, divisor],
    ) == [(quotient,)]


@pytest.mark.parametrize("zone", ["America/Chicago", "Asia/Tokyo", "Europe/Berlin", "Australia/Lord_Howe", "UTC"])
def test_months_are_those_of_the_wall_clock(zone: str, rendered: dict[str, str], empty_warehouse: Warehouse):
    """Around every border of two years, clock changes included, a second either side."""
    borders = [
        datetime(2025 + month // 12, month % 12 + 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for month in range(24)
    ]
    instants = [border + timedelta(seconds=off) for border in borders for off in (-1, 0, 1)]
    periods = empty_warehouse.rows(
        f"select instant, {rendered['period']} from unnest(%s::timestamptz[]) as given (instant) "
        "cross join (values (%s)) as zones (zone)",
        [instants, zone],
    )
    assert [(instant, period) for instant, period in periods] == [
        (instant, instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m")) for instant in instants
    ]
    bounds = empty_warehouse.rows(
        f"select {rendered['start']}, {rendered['end']} "
        "from unnest(%s::text[]) as given (period) cross join (values (%s)) as zones (zone)",
        [[f"{2025 + month // 12}-{month % 12 + 1:02d}" for month in range(23)], zone],
    )
    assert bounds == list(pairwise(borders))


def test_quarters_are_calendar_quarters(rendered: dict[str, str], empty_warehouse: Warehouse):
    quarters = empty_warehouse.rows(
        f"select {rendered['quarter']} from unnest(%s::text[]) as given (period)",
        [["2026-01", "2026-03", "2026-04", "2026-12"]],
    )
    assert quarters == [("2026-Q1",), ("2026-Q1",), ("2026-Q2",), ("2026-Q4",)]


def test_connections_speak_utc_or_not_and_months_stay_the_same(rendered: dict[str, str], empty_warehouse: Warehouse):
    """A session in another zone must not move a border."""
    query = (
        f"select {rendered['period']} from (values (timestamptz '2026-03-01 05:59:59Z', 'America/Chicago')) "
        "as given (instant, zone)"
    )
    with psycopg.connect(empty_warehouse.url, options="-c timezone=Asia/Tokyo") as connection:
        assert connection.execute(query).fetchall() == [("2026-02",)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made_as", "wrong"),
    [
        ("(organization_id text, number integer)", [("one", 1), ("one", None)]),
        ("(organization_id text, number integer, unique (organization_id, number))", [("one", None)]),
        ("(organization_id text, number integer, primary key (organization_id, number))", []),
        ("(organization_id text, number integer, extra serial, unique (organization_id, number, extra))",
         [("one", 1), ("one", None)]),
    ],
)  # fmt: skip
def test_a_key_is_looked_through_unless_postgres_holds_it(
    made_as: str, wrong: list[object], empty_warehouse: Warehouse, first_build: FirstBuild
):
    """What an index refuses is not looked for again; an index over other columns tells nothing of these."""
    assert first_build.results
    empty_warehouse.execute(f"create table public.keyed {made_as}")
    try:
        for row in (("one", 1), ("one", 1), ("one", None), ("two", 2)):
            put_unless_refused(empty_warehouse.url, row)
        model = "api.Relation.create(database=target.dbname, schema='public', identifier='keyed')"
        inline = f"{{{{ test_unique_combination({model}, ['organization_id', 'number']) }}}}"
        [result] = empty_warehouse.dbt("compile", "--inline", inline).results
        assert sorted(empty_warehouse.rows(result.node.compiled_code), key=repr) == sorted(wrong, key=repr)
    finally:
        empty_warehouse.execute("drop table public.keyed")


def put_unless_refused(url: str, row: tuple[object, ...]) -> None:
    with psycopg.connect(url, autocommit=True) as connection, contextlib.suppress(psycopg.IntegrityError):
        connection.execute("insert into public.keyed values (%s, %s)", row)
