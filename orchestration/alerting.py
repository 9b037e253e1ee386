"""What happens twice a minute: rules are judged, people reminded, messages sent that wait for their time or channel.

Nothing is judged while models are being built, since half of the marts would be new and half old; reminders and
deliveries go on.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg

from orchestration import turns
from orchestration.selection import run_instant
from reports.alerts import DeliverySummary, deliver, evaluate
from reports.alerts.delivery import in_turn
from reports.alerts.evaluation import follow_up
from warehouse import embedded, migrations
from warehouse.engine import connect, database_url
from warehouse.organizations import Organization
from warehouse.settings import get_settings, now

ENOUGH = timedelta(seconds=20)
"""After so long nothing more is begun to be sent: Dagster takes a look that lasts a minute for one that failed."""
NEEDED = "marts.fct_source_freshness"
"""A mart that every build makes: without it nothing was built yet."""


def watch(organizations: Sequence[Organization]) -> dict[str, str]:
    """Judge, remind and deliver for each organization; a sentence each. Never starts a database for it.

    Raises what failed, of all of them together, once everyone else was judged and served.
    """
    if sleeps():
        return {}
    if migrations.current_revision(database_url()) != migrations.head_revision():
        return {}  # a run brings the tables up to date; until then nothing is judged by rules that are not there yet
    said: dict[str, str] = {}
    courier = Courier()
    failures: list[Exception] = []
    for organization in in_turn(organizations, now()):
        try:
            with connect() as connection:
                if not is_built(connection):
                    continue
                told = _judged(connection, organization, failures)
                said[organization.id] = f"{told}; {courier.deliver(connection, organization)}"
        except Exception as error:  # noqa: BLE001 - the others are to be judged and served
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(organizations)} organizations could not be watched", failures)
    return said


def is_built(connection: psycopg.Connection[Any]) -> bool:
    """Whether there are marts at all: before the first build there is nothing to judge, and nothing is wrong."""
    return connection.execute("select to_regclass(%s) is not null", [NEEDED]).fetchone() == (True,)


class Courier:
    """Sends what is due of one organization after another, in the time that one look of Dagster's has."""

    def __init__(self) -> None:
        self._until = time.monotonic() + ENOUGH.total_seconds()

    def deliver(self, connection: psycopg.Connection[Any], organization: Organization) -> DeliverySummary:
        """Send what there is time for; `alerts_watched` sends the rest within the next minute."""
        left = timedelta(seconds=max(self._until - time.monotonic(), 0))
        return deliver(connection, get_settings(), now(), organization_id=organization.id, within=left)


def sleeps() -> bool:
    """Whether the embedded database does not run: what only looks whether there is work must not start it."""
    return get_settings().database_url is None and embedded.embedded_postgres().status().pid is None


def _judged(connection: psycopg.Connection[Any], organization: Organization, failures: list[Exception]) -> str:
    """What judging found, committed; what was decided before is sent even where it fails."""
    as_of = run_instant([organization])
    try:
        with turns.reading_if_free() as is_free:
            if is_free:
                told = str(evaluate(connection, organization.id, as_of)).split(";")[0]
            else:
                follow_up(connection, organization.id, as_of)
                told = "models are built or about to be; reminders only"
            turns.make_sure()
            connection.commit()
    except Exception as error:  # noqa: BLE001 - a rule that cannot be judged must not keep messages from going
        connection.rollback()
        failures.append(error)
        return f"not judged ({type(error).__name__})"
    return told
