"""Spreads the tables over the machines of a Citus cluster: ``QBR_WAREHOUSE=citus``.

Raw tables are distributed by organization, so that one organization's rows lie together on one worker; what dbt builds
is distributed by dbt itself (``dbt_project/macros/distribute.sql``). Small tables that every join may need are whole on
each worker: reference tables, or, where a trigger stands on them, local tables that the coordinator keeps.
"""

import psycopg

KEY = "organization_id"

_TABLES = """
select c.oid::regclass::text, n.nspname,
    exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id'
    ) as is_of_organization,
    exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as has_trigger
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and (n.nspname like 'raw\\_%' or n.nspname = 'app')
    and c.oid not in (select logicalrelid from pg_dist_partition)
-- A table that others refer to has to be known before them.
order by n.nspname <> 'app', c.oid
"""

_OWN = {"raw_meta.seen_records", "raw_meta.reads", "app.alembic_version"}
"""Tables of the coordinator alone: nothing joins them."""


def spread(connection: psycopg.Connection) -> list[str]:
    """Distribute the raw and app tables that are not distributed yet; commits. Returns the statements that were run."""
    done = statements(connection)
    for statement in done:
        connection.execute(statement)
    connection.commit()
    return done


def statements(connection: psycopg.Connection) -> list[str]:
    """What has to be run so that every raw and app table lies where it should."""
    rows = connection.execute(_TABLES).fetchall()
    return [
        _statement(table, schema, is_of_organization=is_of_organization, has_trigger=has_trigger)
        for table, schema, is_of_organization, has_trigger in rows
        if table not in _OWN
    ]


def _statement(table: str, schema: str, *, is_of_organization: bool, has_trigger: bool) -> str:
    if schema not in {"app", "raw_meta"} and is_of_organization:
        return f"select create_distributed_table('{table}', '{KEY}')"
    if has_trigger:
        return f"select citus_add_local_table_to_metadata('{table}')"
    return f"select create_reference_table('{table}')"
