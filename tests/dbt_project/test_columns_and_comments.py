"""What the project says of a table stands in the database; a table of other columns than its model is left alone."""

from typing import Any

import pytest

from tests.dbt_project.conftest import Warehouse

_COMMENTS = """
    select relations.relnamespace::regnamespace || '.' || relations.relname, attributes.attname, comments.description
    from pg_class as relations
    inner join pg_description as comments
        on relations.oid = comments.objoid and comments.classoid = 'pg_class'::regclass
    left join pg_attribute as attributes
        on comments.objoid = attributes.attrelid and comments.objsubid = attributes.attnum
    where relations.relnamespace::regnamespace::text in ('staging', 'intermediate', 'marts')
"""


def test_every_description_of_a_model_stands_as_a_comment_in_the_database(warehouse: Warehouse, manifest: Any):
    described = {}
    for node in manifest.nodes.values():
        if node.resource_type in {"model", "seed"}:
            described[f"{node.schema}.{node.alias}", None] = node.description
            for column in node.columns.values():
                described[f"{node.schema}.{node.alias}", column.name] = column.description
    found = {(table, column): text for table, column, text in warehouse.rows(_COMMENTS)}
    assert len(found) > 1_000
    assert found == {place: text for place, text in described.items() if text}


def test_a_new_description_reaches_a_table_that_grows_with_its_next_build(warehouse: Warehouse):
    before = set(warehouse.rows(_COMMENTS))
    warehouse.execute("comment on table staging.stg_connectwise__tickets is 'What it once said.'")
    warehouse.execute("comment on column staging.stg_connectwise__tickets.summary is null")
    warehouse.dbt("run", "--select", "stg_connectwise__tickets")
    assert set(warehouse.rows(_COMMENTS)) == before


def test_a_table_with_other_columns_than_its_model_is_left_as_it_is_and_told(warehouse: Warehouse):
    warehouse.execute("alter table staging.stg_connectwise__tickets add column mood text")
    try:
        with pytest.raises(AssertionError, match="mood"):
            warehouse.dbt("run", "--select", "stg_connectwise__tickets")
    finally:
        warehouse.execute("alter table staging.stg_connectwise__tickets drop column mood")
    warehouse.dbt("run", "--select", "stg_connectwise__tickets")
