"""What happens twice a minute: rules are judged, people reminded, messages sent that wait for their time or channel.

Nothing is judged while models are being built, since half of the marts would be new and half old; reminders and
deliveries go on.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from orchestration.pipeline import BUILD_LOCK
from orchestration.selection import run_instant
from reports.alerts import DeliverySummary, deliver, evaluate
from reports.alerts.evaluation import follow_up
from warehouse import embedded, migrations
from warehouse.engine import connect, database_url
from warehouse.organizations import Organization
from warehouse.settings import get_settings, now

NEEDED = "marts.fct_source_freshness"
"""A mart that every build makes: without it nothing was built yet."""


def watch(organizations: Sequence[Organization]) -> dict[str, str]:
    """Judge, remind and deliver for each organization; a sentence each. Never starts a database for it."""
    settings = get_settings()
    if settings.database_url is None and embedded.embedded_postgres().status().pid is None:
        return {}
    if migrations.current_revision(database_url()) != migrations.head_revision():
        return {}  # a run brings the tables up to date; until then nothing is judged by rules that are not there yet
    said = {}
    for organization in organizations:
        with connect() as connection:
            if connection.execute("select to_regclass(%s) is null", [NEEDED]).fetchone() == (True,):
                continue
            as_of = run_instant([organization])
            if is_building(connection):
                follow_up(connection, organization.id, as_of)
                told = "models are being built; reminders only"
            else:
                told = str(evaluate(connection, organization.id, as_of)).split(";")[0]
            connection.commit()
            sent: DeliverySummary = deliver(connection, settings, now(), organization_id=organization.id)
            said[organization.id] = f"{told}; {sent}"
    return said


def is_building(connection: psycopg.Connection[Any]) -> bool:
    """Whether somebody holds the lock of builders, without taking it."""
    row = connection.execute(
        """
        select exists (
            select from pg_locks
            where locktype = 'advisory' and granted and (classid::bigint << 32) | objid::bigint = %s
                and database = (select oid from pg_database where datname = current_database())
        )
        """,
        [BUILD_LOCK],
    ).fetchone()
    return row == (True,)
