"""The role `qbr_analyst`, which reads schema `marts` and nothing else. People's own roles are granted it."""

import psycopg
from psycopg import sql

ROLE = "qbr_analyst"


def ensure_analyst(connection: psycopg.Connection) -> list[str]:
    """Make the role if it is missing and let it read every present and future table of `marts`; commits.

    Future tables means those made by the role that runs this, which is the one dbt uses too. Roles belong to the whole
    cluster, so another database may have made it already. Returns one sentence when the role is missing and may not be
    made by us: everything else works without it.
    """
    with connection.transaction():
        connection.execute("create schema if not exists marts")
    if not _exists(connection) and (problem := _create(connection)):
        return [problem]
    role = sql.Identifier(ROLE)
    with connection.transaction():
        # Two grants on one schema at the same moment fail with "tuple concurrently updated"; so they take turns.
        connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [ROLE])
        connection.execute(sql.SQL("grant usage on schema marts to {}").format(role))
        connection.execute(sql.SQL("grant select on all tables in schema marts to {}").format(role))
        connection.execute(
            sql.SQL("alter default privileges in schema marts grant select on tables to {}").format(role)
        )
    connection.commit()
    return []


def _exists(connection: psycopg.Connection) -> bool:
    return connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone() is not None


def _create(connection: psycopg.Connection) -> str | None:
    try:
        with connection.transaction():
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(ROLE)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return None  # another database of this cluster made it between our look and our step
    except psycopg.errors.InsufficientPrivilege:
        connection.commit()
        return (
            f"The role {ROLE} was not made, because {connection.info.user} lacks CREATEROLE; nobody "
            "can read the marts as an analyst until an administrator has run "
            f"`create role {ROLE} nologin`; the next run then grants it."
        )
    return None
