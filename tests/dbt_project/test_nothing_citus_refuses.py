"""Nothing that Citus refuses: the compiled SQL of every model and test, and every key that a table has.

https://docs.citusdata.com/en/stable/develop/reference_workarounds.html lists what it cannot do.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from tests.dbt_project.conftest import Warehouse

Relations = Mapping[str, bool]
"""Whether each relation, by its name, has rows of organizations."""


@pytest.fixture(scope="module")
def compiled(warehouse: Warehouse) -> dict[str, str]:
    """The SQL of every model and test as the last build ran it, incremental models over what they held, by name."""
    files = (warehouse.target / "compiled").rglob("*.sql")
    # dbt puts a query that was given on the command line into a folder whose name ends like a file's.
    return {path.stem: path.read_text(encoding="utf-8") for path in files if path.is_file()}


@pytest.fixture(scope="module")
def relations(warehouse: Warehouse) -> Relations:
    """Every table and view of the warehouse."""
    rows = warehouse.rows(
        """
        select c.relname, bool_or(a.attname = 'organization_id') from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
        where n.nspname ~ '^(raw_.*|staging|intermediate|marts|app)$' and c.relkind in ('r', 'v', 'p')
        group by c.relname
        """
    )
    return dict(rows)


def test_models_and_tests_hold_nothing_that_citus_refuses(compiled: dict[str, str], relations: Relations):
    assert len(compiled) > 200
    found = {name: set(refused(text, relations)) for name, text in compiled.items()}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("merge into a using b on a.organization_id = b.organization_id when matched then delete", "MERGE"),
        ("select 1 from a join b on a.period = b.period", "a join without organization_id: b on a.period = b.period"),
        ("select 1 from a cross join b", "a join without organization_id: cross join b"),
        ("select 1 from a, b where a.organization_id = 'x'", "a join without organization_id: , b"),
        (
            "with c as (select * from b) select 1 from a join c using (period)",
            "a join without organization_id: c using (period)",
        ),
        ("with recursive c as (select 1 union all select 1 from c) select * from c", "WITH RECURSIVE"),
        ("select count(*) from a group by grouping sets ((organization_id), ())", "GROUPING SETS"),
        ("select count(*) from a group by rollup (organization_id)", "ROLLUP"),
        ("select * from a tablesample system (10)", "TABLESAMPLE"),
        ("select * from a for update", "FOR UPDATE"),
    ],
)  # fmt: skip
def test_the_search_knows_what_it_looks_for(text: str, what: str):
    assert what.lower() in [one.lower() for one in refused(text, {"a": True, "b": True, "shared": False})]


@pytest.mark.parametrize(
    "text",
    [
        "select 1 from a join b on a.organization_id = b.organization_id and a.period = b.period",
        "select 1 from a join b using (organization_id, period)",
        "select 1 from a join shared using (metric)",
        "select 1 from shared cross join a",
        "select 1 from a cross join lateral jsonb_to_record(a.record) as fields (id text)",
        "with c (metric) as (values ('x')) select 1 from a cross join c",
        "with c as (select metric from shared) select 1 from a join c using (metric)",
    ],
)
def test_the_search_lets_pass_what_citus_can_do(text: str):
    assert list(refused(text, {"a": True, "b": True, "shared": False})) == []


def test_every_unique_key_holds_the_organization(warehouse: Warehouse):
    """A table of an organization's rows cannot be spread over machines when a key without the organization binds it."""
    keys = warehouse.rows(
        """
        select c.oid::regclass::text, i.indexrelid::regclass::text from pg_index i
        join pg_class c on c.oid = i.indrelid
        join pg_namespace n on n.oid = c.relnamespace and n.nspname ~ '^(raw_.*|staging|intermediate|marts|app)$'
        where (i.indisunique or i.indisprimary)
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id')
            and not exists (
                select from pg_attribute a
                where a.attrelid = c.oid and a.attnum = any(i.indkey) and a.attname = 'organization_id'
            )
        """
    )
    assert [table for table, _ in keys if table not in SHARED] == []


SHARED = {"raw_meta.extraction_log", "raw_meta.rejected_records", "app.organizations"}
"""Small tables that every worker has whole; see `warehouse/citus.py`."""


def refused(text: str, relations: Relations) -> Iterator[str]:
    """What Citus would refuse in a query, a phrase each."""
    tree = sqlglot.parse_one(text, dialect="postgres")
    if tree.find(exp.Merge):
        yield "MERGE"
    for one in tree.find_all(exp.With):
        if one.args.get("recursive"):
            yield "WITH RECURSIVE"
    for kind, name in ((exp.GroupingSets, "GROUPING SETS"), (exp.Rollup, "ROLLUP"), (exp.Cube, "CUBE"),
                       (exp.TableSample, "TABLESAMPLE"), (exp.Lock, "FOR UPDATE")):  # fmt: skip
        if tree.find(kind):
            yield name
    has_organization = partial(_has_organization, ctes=_ctes(tree), relations=relations)
    for select in tree.find_all(exp.Select):
        first = select.args.get("from_") or select.args.get("from")
        spread = first is not None and has_organization(first.this)
        for join in select.args.get("joins") or []:
            is_spread = has_organization(join.this)
            if spread and is_spread and not _names_the_organization(join):
                said = join.sql(dialect="postgres").strip().removeprefix("JOIN ").lower()
                yield f"a join without organization_id: {said}"
            spread = spread or is_spread


def _ctes(tree: exp.Expression) -> dict[str, exp.Expression]:
    return {cte.alias: cte.this for cte in tree.find_all(exp.CTE)}


def _names_the_organization(join: exp.Join) -> bool:
    named: list[Any] = list(join.args.get("using") or [])
    if condition := join.args.get("on"):
        named += condition.find_all(exp.Column)
    return any(one.name == "organization_id" for one in named)


def _has_organization(relation: exp.Expression, ctes: Mapping[str, exp.Expression], relations: Relations) -> bool:
    """Whether a relation in a query has a column organization_id."""
    if isinstance(relation, exp.Subquery):
        relation = relation.this
    if isinstance(relation, exp.Table):
        if (cte := ctes.get(relation.name)) is not None and not relation.db:
            remaining = {name: one for name, one in ctes.items() if name != relation.name}
            return _has_organization(cte, remaining, relations)
        return relations.get(relation.name, False)
    if isinstance(relation, exp.SetOperation):
        return _has_organization(relation.left, ctes, relations)
    if isinstance(relation, exp.Select):
        if "organization_id" in relation.named_selects:
            return True
        first = relation.args.get("from_") or relation.args.get("from")
        sources = [first.this] if first else []
        sources += [join.this for join in relation.args.get("joins") or []]
        return relation.is_star and any(_has_organization(one, ctes, relations) for one in sources)
    return False
