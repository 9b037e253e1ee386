"""Who may do what in the database: five roles nobody signs in with, which people's and programs' own roles are granted.

| role | may |
| --- | --- |
| `qbr_loader` | write raw tables, the log of reading, clients and stored credentials; read nothing that is built |
| `qbr_transformer` | read raw and app tables; build in `staging`, `intermediate` and `marts` |
| `qbr_analyst` | read the marts, of the organizations it was granted |
| `qbr_portal` | read the marts, and what decks need of `app`, of the organization its session names |
| `qbr_all_organizations` | be an analyst of every organization |

Each organization has a role of its own, `qbr_organization_<id>`: whoever is granted it is an analyst of that one. A
portal says `set qbr.organization_id = '<id>'`, which means nothing to any other role. Policies on the tables hold both
(`app.restrict_to_organizations`, made by a migration and called by dbt after each mart). Tables' owners pass them: what
builds and migrates sees everything.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import psycopg
from psycopg import sql

LOADER, TRANSFORMER, ANALYST, PORTAL = "qbr_loader", "qbr_transformer", "qbr_analyst", "qbr_portal"
ALL_ORGANIZATIONS = "qbr_all_organizations"
ROLES = (LOADER, TRANSFORMER, ANALYST, PORTAL, ALL_ORGANIZATIONS)
ORGANIZATION = "qbr_organization_"

_LONGEST_NAME = 63  # bytes; Postgres cuts longer ones, and two organizations might then share a role

_PORTAL_READS = (
    "organizations", "settings", "clients", "client_links", "manual_metrics", "metric_history", "thresholds",
    "current_thresholds", "alert_rules", "alerts", "alert_events", "artefacts", "check_results", "frozen_quarters",
    "frozen_figures", "restatements", "review_sessions", "review_priorities", "review_recommendations",
    "review_actions", "review_insights", "review_figures",
    "frozen_decks", "frozen_ledger", "deck_comments", "share_links", "share_link_files",
)  # fmt: skip
_PORTAL_CALLS = (
    "app.organization_of_share_link(bytea)",
    "app.note_share_view(bytea, bigint, text, inet, text, timestamptz)",
    "app.mail_list_of(bytea)",
    "app.leave_mail_list(bytea, timestamptz, inet, text)",
)
_BUILT = ("staging", "intermediate", "marts")
_LOADER_WRITES = ("clients", "client_links", "credentials")


def organization_role(organization_id: str) -> str:
    """The role whose members are analysts of the organization."""
    return ORGANIZATION + organization_id


def ensure_roles(connection: psycopg.Connection, organization_ids: Iterable[str] = ()) -> list[str]:
    """Make the roles that are missing, give them their rights on every table there is and will be; commits.

    Tables that will be are those made by the role that runs this. Roles belong to the whole cluster, so another
    database may have made them already. Returns a sentence each for what is missing and may not be made by us:
    everything else works without it.
    """
    with connection.transaction():
        for schema in _BUILT:
            connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
    problems = [
        problem
        for role in (*ROLES, *(organization_role(one) for one in organization_ids))
        if (problem := _ensure(connection, role)) is not None
    ]
    with connection.transaction():
        # Two grants on one schema at the same moment fail with "tuple concurrently updated"; so they take turns.
        connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [ANALYST])
        present = _present(connection)
        analysts = sorted(one for one in present if one.startswith(ORGANIZATION) or one == ALL_ORGANIZATIONS)
        problems += [
            problem
            for role in analysts
            if ANALYST in present
            and not _is_member(connection, role)
            and (problem := _made_analyst(connection, role)) is not None
        ]
        _grant_rights(connection, present)
        _restrict_tables(connection)
    connection.commit()
    return problems


def _ensure(connection: psycopg.Connection, role: str) -> str | None:
    if len(role.encode()) > _LONGEST_NAME:
        return (
            f"{role} is too long for the name of a role, so nobody can be granted this one organization; "
            f"{ALL_ORGANIZATIONS} and the portal can still read it."
        )
    if connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone() is not None:
        return None
    try:
        with connection.transaction():
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return None  # another database of this cluster made it between our look and our step
    except psycopg.errors.InsufficientPrivilege:
        return (
            f"The role {role} was not made, because {connection.info.user} lacks CREATEROLE; nobody can be granted it "
            f"until an administrator has run `create role {role} nologin`; the next run then gives it its rights."
        )
    return None


def _present(connection: psycopg.Connection) -> set[str]:
    found = connection.execute("select rolname from pg_roles where rolname like 'qbr\\_%'").fetchall()
    return {name for (name,) in found}


def _is_member(connection: psycopg.Connection, role: str) -> bool:
    return connection.execute("select pg_has_role(%s, %s, 'member')", [role, ANALYST]).fetchone() == (True,)


def _made_analyst(connection: psycopg.Connection, role: str) -> str | None:
    try:
        with connection.transaction():
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(ANALYST), sql.Identifier(role)))
    except psycopg.errors.InsufficientPrivilege:
        return (
            f"{role} could not be made an analyst, because {connection.info.user} may not grant {ANALYST}; an "
            f"administrator has to run `grant {ANALYST} to {role}`."
        )
    return None


class _Right(NamedTuple):
    """What a role may do with the tables of a schema: with the named ones, or with all there are and will be."""

    role: str
    schema: str
    privileges: tuple[str, ...]
    tables: tuple[str, ...] | None = None


def _rights(raw_schemas: Iterable[str], app_tables: tuple[str, ...]) -> Iterator[_Right]:
    for schema in raw_schemas:
        yield _Right(LOADER, schema, ("select", "insert", "update", "delete", "truncate"))
        yield _Right(TRANSFORMER, schema, ("select",))
    yield _Right(LOADER, "app", ("select",), app_tables)
    yield _Right(LOADER, "app", ("insert", "update", "delete"), _LOADER_WRITES)
    yield _Right(LOADER, "app", ("insert",), ("audit_log",))
    yield _Right(TRANSFORMER, "app", ("select",), tuple(one for one in app_tables if one != "credentials"))
    for schema in _BUILT:
        yield _Right(TRANSFORMER, schema, ("select",))
    yield _Right(ANALYST, "marts", ("select",))
    yield _Right(PORTAL, "marts", ("select",))
    yield _Right(PORTAL, "app", ("select",), _PORTAL_READS)


_IS_MISSING = """
select not has_schema_privilege(%(role)s, %(schema)s, 'usage')
    or exists (
        select from pg_class c cross join unnest(%(privileges)s::text[]) as privilege
        where c.relnamespace = %(schema)s::regnamespace and c.relkind in ('r', 'p', 'v')
            and (%(tables)s::text[] is null or c.relname = any(%(tables)s::text[]))
            and not has_table_privilege(%(role)s, c.oid, privilege)
    )
    or (%(tables)s::text[] is null and not exists (
        select from pg_default_acl d cross join aclexplode(d.defaclacl) as granted
        where d.defaclnamespace = %(schema)s::regnamespace and d.defaclobjtype = 'r'
            and d.defaclrole = current_user::regrole and granted.grantee = %(role)s::regrole
    ))
"""


def _grant_rights(connection: psycopg.Connection, present: set[str]) -> None:
    """Grant what is missing. A grant of what is held already would write to catalogues that builds write to as well."""
    schemas = connection.execute("select nspname from pg_namespace where nspname like 'raw\\_%'").fetchall()
    app = connection.execute(
        "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'v') order by 1"
    ).fetchall()
    for right in _rights(sorted(name for (name,) in schemas), tuple(name for (name,) in app)):
        tables = list(right.tables) if right.tables is not None else None
        facts = {**right._asdict(), "privileges": list(right.privileges), "tables": tables}
        if right.role in present and connection.execute(_IS_MISSING, facts).fetchone() == (True,):
            _grant(connection, right)
    if PORTAL in present:
        for call in _PORTAL_CALLS:
            may = connection.execute("select has_function_privilege(%s, %s, 'execute')", [PORTAL, call]).fetchone()
            if may != (True,):
                connection.execute(sql.SQL(f"grant execute on function {call} to {PORTAL}"))
    if TRANSFORMER in present:
        for schema in _BUILT:
            if connection.execute(
                "select has_schema_privilege(%s, %s, 'create')", [TRANSFORMER, schema]
            ).fetchone() != (True,):
                _say(connection, "grant create on schema {} to {}", schema, TRANSFORMER)


def _grant(connection: psycopg.Connection, right: _Right) -> None:
    privileges = ", ".join(right.privileges)
    _say(connection, "grant usage on schema {} to {}", right.schema, right.role)
    if right.tables is not None:
        for table in right.tables:
            _say(connection, f"grant {privileges} on {{}}.{{}} to {{}}", right.schema, table, right.role)
        return
    _say(connection, f"grant {privileges} on all tables in schema {{}} to {{}}", right.schema, right.role)
    _say(
        connection,
        f"alter default privileges in schema {{}} grant {privileges} on tables to {{}}",
        right.schema,
        right.role,
    )
    if right.role == LOADER and right.schema.startswith("raw_"):
        _say(connection, "grant usage on all sequences in schema {} to {}", right.schema, right.role)
        _say(
            connection, "alter default privileges in schema {} grant usage on sequences to {}", right.schema, right.role
        )


def _say(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _restrict_tables(connection: psycopg.Connection) -> None:
    """Policies on what stands already: marts of an older version, and the app tables."""
    connection.execute(
        """
        select app.restrict_to_organizations(c.oid::regclass)
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('marts', 'app') and c.relkind in ('r', 'p') and not c.relrowsecurity
            and pg_has_role(c.relowner, 'usage')
        """
    )
