"""Reads what decks say, after something they read was written, and tells Dagster: partitions, contents, files.

It draws nothing and starts nothing; the conditions of :mod:`orchestration.automation` do. Decks that the command line
drew are told here as well, so Dagster knows of every deck, whoever drew it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg
import msgspec

from orchestration import partitions, turns
from orchestration.assets.deck_metadata import SHA256
from orchestration.assets.decks import DATA_VERSION, client_contents, client_decks, contents, decks, told_of
from orchestration.deck_contents import ORGANIZATION_ITSELF, Contents, files_of, mark, read, whose
from orchestration.quarter_decks import while_nobody_draws
from orchestration.selection import run_instant
from reports.errors import ReportError, UnknownScope
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.periods import Quarter, latest_complete_quarter

READS_AT_MOST = timedelta(seconds=20)
"""What one tick is given; the next goes on. Dagster breaks a tick off after a minute."""
DRAWS_THEM_ITSELF = "daily"
IN_PROGRESS = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


@dataclass(slots=True)
class Remembered:
    """What the sensor knows from one tick to the next."""

    mark: str = ""
    left: list[str] = field(default_factory=list)
    """Organizations whose decks are still to be read as of that mark."""
    done: list[str] = field(default_factory=list)
    """Partitions of the first of them that are read already."""


@dg.sensor(
    name="deck_contents_read",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Twice a minute: where a mart, a check, a rule or a review was written since, what the decks of the "
    "latest complete quarter say is read again. New clients get their partition, contents their data version; decks "
    "that the command line drew are told.",
)
def deck_contents_read(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Launches no run."""
    state = msgspec.json.decode(context.cursor, type=Remembered) if context.cursor else Remembered()
    active = {one.id: one for one in partitions.configured() if one.is_active}
    with connect() as connection:
        now = mark(connection)
    if now != state.mark:
        state = Remembered(now, list(active))
    tick = _Tick(context, state, datetime.now(UTC) + READS_AT_MOST)
    nothing = "Every deck says what it said." if state.left else "Nothing that decks read was written since."
    if state.left:
        with turns.reading_if_free() as is_free:
            if is_free:
                state.left = [one for one in state.left if one in active and not tick.has_read(active[one])]
            else:
                tick.said.append("Models are being built; what decks say is read afterwards.")
    for sentence in tick.said:
        context.log.info(sentence)
    return dg.SensorResult(
        asset_events=tick.told,
        cursor=msgspec.json.encode(state).decode(),
        skip_reason=None if tick.told else " ".join(tick.said) or nothing,
    )


@dataclass(slots=True)
class _Tick:
    """One look at the decks: what is told to Dagster, and what to people."""

    context: dg.SensorEvaluationContext
    state: Remembered
    until: datetime
    told: list[dg.AssetMaterialization] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def has_read(self, organization: Organization) -> bool:
        """Read what the organization's decks say; False where some are left for the next tick."""
        quarter = latest_complete_quarter(run_instant([organization]), organization.time_zone)
        if _is_drawn_by_a_run(self.context.instance, organization):
            self.said.append(f"{organization.id}: its daily run draws the decks; they are read afterwards.")
            return False
        with while_nobody_draws(organization.id, str(quarter)) as is_free:
            if not is_free:
                self.said.append(f"{organization.id}: decks are being drawn; they are read afterwards.")
                return False
            try:
                is_whole = self._read(organization, quarter)
            except UnknownScope:
                is_whole = True  # nothing was built for it yet
            except ReportError as error:
                # A check that holds decks back is one; when it lets them go that is written, and so noticed.
                self.said.append(f"{organization.id}: {error}")
                is_whole = True
        if is_whole:
            self.state.done = [one for one in self.state.done if not one.startswith(f"{organization.id}/")]
        return is_whole

    def _read(self, organization: Organization, quarter: Quarter) -> bool:
        expected = self._expected(organization, quarter)
        done = {one.partition("/")[2] for one in self.state.done if one.startswith(f"{organization.id}/")}
        for found in read(organization, str(quarter), done, self.until):
            self.told += _news(self.context.instance, organization.id, quarter, found)
            self.state.done.append(f"{organization.id}/{found.client_id}")
            done.add(found.client_id)
        if expected - done:
            self.said.append(f"{organization.id}: {len(done)} of {len(expected)} read; the rest follows.")
        return not expected - done

    def _expected(self, organization: Organization, quarter: Quarter) -> set[str]:
        """Whose decks there should be; each client among them gets its partition, none loses one."""
        expected = set(whose(organization, str(quarter)))
        known = set(self.context.instance.get_dynamic_partitions(partitions.CLIENT_DECKS))
        clients = expected - {ORGANIZATION_ITSELF}
        keys = {partitions.client_key(organization.id, quarter, one) for one in clients}
        if new := sorted(keys - known):
            # Before the events: a condition looks only at partitions that there are.
            self.context.instance.add_dynamic_partitions(partitions.CLIENT_DECKS, new)
            self.said.append(f"{organization.id}: {len(new)} partitions added.")
        gone = {one for one in known - keys if one.startswith(f"{organization.id}/{quarter}/")}
        if gone:
            self.said.append(f"Nothing to show any more: {', '.join(sorted(gone))}; what was drawn before stays.")
        return expected


def _news(
    instance: dg.DagsterInstance, organization_id: str, quarter: Quarter, found: Contents
) -> Iterator[dg.AssetMaterialization]:
    """What Dagster does not know yet of these decks."""
    is_own = found.client_id == ORGANIZATION_ITSELF
    key = (
        partitions.quarter_key(organization_id, quarter)
        if is_own
        else partitions.client_key(organization_id, quarter, found.client_id)
    )
    last = _latest(instance, contents.key if is_own else client_contents.key, key)
    if last is None or (last.tags or {}).get(DATA_VERSION) != found.version or not found.standing:
        yield from told_of(organization_id, quarter, found.client_id, found.version, found.standing)
        return
    drawn = _latest(instance, decks.key if is_own else client_decks.key, key)
    if drawn is None or SHA256 not in drawn.metadata or drawn.metadata[SHA256].value != files_of(found.standing):
        yield from told_of(organization_id, quarter, found.client_id, "", found.standing)


def _latest(instance: dg.DagsterInstance, asset: dg.AssetKey, partition: str) -> dg.AssetMaterialization | None:
    wanted = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[partition])
    records = instance.fetch_materializations(wanted, limit=1).records
    return records[0].asset_materialization if records else None


def _is_drawn_by_a_run(instance: dg.DagsterInstance, organization: Organization) -> bool:
    runs = instance.get_runs(dg.RunsFilter(job_name=DRAWS_THEM_ITSELF, statuses=IN_PROGRESS))
    return any(organization.id in run.tags.values() for run in runs)
