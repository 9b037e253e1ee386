"""An installation with marts typed by hand and a Dagster beside it, whose sensors work when a test says so."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dagster as dg
import psycopg

from orchestration import partitions
from orchestration.assets import decks
from orchestration.deck_sensor import deck_contents_read
from orchestration.definitions import defs
from orchestration.progress import Quiet
from orchestration.quarter_decks import build_quarter
from orchestration.selection import one_organization
from tests.reports import marts
from warehouse.periods import Quarter

BIRCH, JUNIPER, ORCHARD = (
    partitions.client_key(marts.ORGANIZATION, Quarter(2026, 2), one)
    for one in ("birch-freight", "juniper-dental", "orchard-legal")
)
EVERYBODY = {BIRCH, JUNIPER, ORCHARD}


@dataclass
class Office:
    """An installation with Dagster beside it: what its sensors would do is done when the test says so."""

    instance: dg.DagsterInstance
    connection: psycopg.Connection
    cursor: str | None = None
    asked: dg.AutomationConditionSensorDefinition | object = None
    said: list[str] = field(default_factory=list)

    def read(self) -> str:
        """One tick of the sensor that reads what decks say; what it gave as a reason to skip."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        found = deck_contents_read(context)
        if isinstance(found, dg.SkipReason):
            return found.skip_message or ""
        assert isinstance(found, dg.SensorResult)
        self.cursor = found.cursor
        for event in found.asset_events:
            self.instance.report_runless_asset_event(event)
        return found.skip_reason.skip_message or "" if found.skip_reason else ""

    def requested(self) -> set[str]:
        """One tick of the conditions: the clients' decks that are asked for."""
        result = dg.evaluate_automation_conditions(
            defs, self.instance, dg.AssetSelection.assets(decks.client_decks), cursor=self.asked
        )
        self.asked = result.cursor
        return {str(one) for one in result.get_requested_partitions(decks.client_decks.key)}

    def write(self, statement: str) -> None:
        self.connection.execute(statement)
        self.connection.commit()
        self.connection.execute("select pg_stat_force_next_flush()")
        self.connection.commit()

    def one_figure_of_birch_changes(self) -> None:
        self.write(
            "update marts.fct_metrics_monthly set value = value + 1 "
            "where metric = 'endpoints_managed' and client_id = 'birch-freight' and period = '2026-06'"
        )

    def draw(self, *keys: str, **more: str) -> dg.ExecuteInProcessResult:
        tags = {partitions.RANGE_START: min(keys), partitions.RANGE_END: max(keys), **more}
        return dg.materialize([decks.client_decks], instance=self.instance, tags=tags, raise_on_error=False)

    def settle(self) -> None:
        """Everything drawn by the command line and known to Dagster."""
        build_quarter(one_organization(marts.ORGANIZATION), marts.QUARTER, progress=Quiet())
        self.read()
        self.requested()

    def drawn(self) -> dict[str, int]:
        """How often Dagster was told of each deck."""
        records = self.instance.fetch_materializations(decks.client_decks.key, limit=100).records
        return dict(Counter(str(one.partition_key) for one in records))


@contextmanager
def opened(connection: psycopg.Connection) -> Iterator[Office]:
    """The conditions asked once, as by a Dagster that has run."""
    with dg.DagsterInstance.ephemeral() as instance:
        found = Office(instance, connection)
        found.requested()
        yield found
