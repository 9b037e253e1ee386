"""Reads what decks say, after something they read was written, and tells Dagster: partitions, contents, files.

It draws nothing and starts nothing; the conditions of :mod:`orchestration.automation` do. Decks that the command line
drew are told here as well, so Dagster knows of every deck, whoever drew it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import msgspec
import psycopg

from orchestration import alerting, partitions, turns
from orchestration.assets.deck_metadata import SHA256
from orchestration.assets.decks import DATA_VERSION, place_of, told_of
from orchestration.deck_contents import ORGANIZATION_ITSELF, Contents, files_of, mark, read, whose
from orchestration.deck_rounds import Remembered
from orchestration.quarter_decks import while_nobody_draws
from orchestration.selection import run_instant
from orchestration.sensors import unresolved
from reports.alerts import raise_work_failed, resolve_run_failed
from reports.decks import BuiltDeck, DeckBlocked
from reports.decks.bulk import Order
from reports.errors import ReportError, UnknownScope
from warehouse.engine import connect, is_unreachable
from warehouse.errors import PostgresUnavailable
from warehouse.organizations import Organization
from warehouse.periods import Quarter, latest_complete_quarter

READS_AT_MOST = timedelta(seconds=20)
"""What one tick is given; the next goes on. Dagster breaks a tick off after a minute."""
DRAWS_THEM_ITSELF = "daily"
IN_PROGRESS = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
READING = "reading what decks say"


@dg.sensor(
    name="deck_contents_read",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Twice a minute: where a mart, a check, a rule or a review was written since, what the decks of the "
    "latest complete quarter say is read again. New clients get their partition, contents their data version; decks "
    "that the command line drew are told.",
)
def deck_contents_read(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Launches no run."""
    if alerting.sleeps():
        return dg.SkipReason("The database is not running, and this starts it for nobody.")
    state = msgspec.json.decode(context.cursor, type=Remembered) if context.cursor else Remembered()
    active = {one.id: one for one in partitions.configured() if one.is_active}
    with connect() as connection:
        if not alerting.is_built(connection):
            return dg.SkipReason("Nothing was built yet.")
        now = mark(connection)
    if now != state.mark:
        state = state.begun_anew(now, list(active))
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
    fails_again: set[str] = field(default_factory=set)
    """Organizations with decks that could not be read in an earlier round either."""

    def has_read(self, organization: Organization) -> bool:
        """Read what the organization's decks say; False where some are left for the next tick. Loses no other's."""
        try:
            is_whole = self._has_read(organization)
        except (UnknownScope, psycopg.errors.UndefinedTable):
            # Nothing was built for it yet, or a build broke off, which is told by itself.
            self._tell_of_nothing(organization)
            self.state.forget(organization.id)
            return True
        except Exception as error:  # noqa: BLE001 - one organization's trouble is no other's
            if is_unreachable(error):
                self._say(f"{organization.id}: the database cannot be reached ({type(error).__name__}).")
                return False
            is_whole = True
            self._could_not(organization, ORGANIZATION_ITSELF, error)
        if is_whole or organization.id in self.fails_again:  # where something is always written, no round gets whole
            self._tell_people(organization)
        if is_whole:
            self.state.forget(organization.id)
        return is_whole

    def _has_read(self, organization: Organization) -> bool:
        if datetime.now(UTC) > self.until:
            return False
        quarter = latest_complete_quarter(run_instant([organization]), organization.time_zone)
        if _is_drawn_by_a_run(self.context.instance, organization):
            self._say(f"{organization.id}: its daily run draws the decks; they are read afterwards.")
            return False
        with while_nobody_draws(organization.id, str(quarter)) as is_free:
            if is_free:
                return self._read(organization, quarter)
        self._say(f"{organization.id}: decks are being drawn; they are read afterwards.")
        return False

    def _read(self, organization: Organization, quarter: Quarter) -> bool:
        expected = self._expected(organization, quarter)
        self.state.keep_failed(organization.id, expected)
        wanted = self.state.in_turn(organization.id, expected)
        for number, client_id in enumerate(wanted):
            if datetime.now(UTC) > self.until:
                read_already = len(expected) - len(wanted) + number
                self._say(f"{organization.id}: {read_already} of {len(expected)} read; the rest follows.")
                return False
            self._read_one(organization, quarter, client_id, expected[client_id])
            self.state.done.append(f"{organization.id}/{client_id}")
        return True

    def _read_one(self, organization: Organization, quarter: Quarter, client_id: str, orders: Sequence[Order]) -> None:
        try:
            found = read(organization, str(quarter), client_id, orders)
            self.told += list(_news(self.context.instance, organization.id, quarter, found))
        except (DeckBlocked, UnknownScope) as error:
            # What lets the decks go again, or the client come back, is written, and so noticed.
            self._say(f"{organization.id}: {error}")
        except Exception as error:
            if is_unreachable(error):
                raise
            self._could_not(organization, client_id, error)
            return
        self.state.failed = [one for one in self.state.failed if one != f"{organization.id}/{client_id}"]

    def _could_not(self, organization: Organization, client_id: str, error: Exception) -> None:
        """Say it in a sentence, keep the details, and go on with the next; it is tried again after the next write."""
        whose_decks = "its own decks" if client_id == ORGANIZATION_ITSELF else f"the decks of {client_id}"
        cause = str(error) if isinstance(error, ReportError | PostgresUnavailable) else type(error).__name__
        self._say(f"{organization.id}: what {whose_decks} say could not be read ({cause}); the others go on.")
        self.context.log.error("".join(traceback.format_exception(error)))
        name = f"{organization.id}/{client_id}"
        if name in self.state.failed:
            self.fails_again.add(organization.id)
        else:
            self.state.failed.append(name)

    def _tell_people(self, organization: Organization) -> None:
        """Open an alert when decks of the organization could not be read, end it when all were."""
        failed = sorted({one.partition("/")[2] for one in self.state.failed if one.startswith(f"{organization.id}/")})
        named = ", ".join(failed[:5]) + (f" and {len(failed) - 5} more" if len(failed) > 5 else "")

        def tell(connection: psycopg.Connection[Any], as_of: datetime) -> None:
            if not failed:
                resolve_run_failed(connection, organization.id, job=READING, as_of=as_of)
                return
            raise_work_failed(
                connection,
                organization.id,
                job=READING,
                message=f"What decks say could not be read ({named}), so these follow no change by themselves.",
                next_action="Look into the log of the sensor deck_contents_read in Dagster, mend what it names, "
                "and draw the decks with `qbr deck build`.",
                as_of=as_of,
            )

        self._tell(organization, tell)

    def _tell_of_nothing(self, organization: Organization) -> None:
        """What is open of its decks stays open, since none was read, and says why; it opens nothing."""

        def tell(connection: psycopg.Connection[Any], as_of: datetime) -> None:
            if READING not in unresolved(connection, organization.id):
                return
            raise_work_failed(
                connection,
                organization.id,
                job=READING,
                message="What decks say could not be read, and now the models hold nothing of the organization or of "
                "its latest complete quarter, so its decks follow no change by themselves.",
                next_action="Run `qbr build`; the decks are read again after it, and this ends when all of them were.",
                as_of=as_of,
            )

        self._tell(organization, tell)

    def _tell(self, organization: Organization, tell: Callable[[psycopg.Connection[Any], datetime], None]) -> None:
        """Tell people something; where that fails, what was read is told to Dagster all the same."""
        try:
            with connect() as connection:
                tell(connection, run_instant([organization]))
        except Exception as error:  # noqa: BLE001 - as said
            self._say(f"{organization.id}: nobody could be told of it ({type(error).__name__}).")

    def _say(self, sentence: str) -> None:
        if sentence not in self.said:
            self.said.append(sentence)

    def _expected(self, organization: Organization, quarter: Quarter) -> dict[str, list[Order]]:
        """The decks there should be, by client; each client among them gets its partition, none loses one."""
        expected = whose(organization, str(quarter))
        known = set(self.context.instance.get_dynamic_partitions(partitions.CLIENT_DECKS))
        clients = expected.keys() - {ORGANIZATION_ITSELF}
        keys = {partitions.client_key(organization.id, quarter, one) for one in clients}
        if new := sorted(keys - known):
            # Before the events: a condition looks only at partitions that there are.
            self.context.instance.add_dynamic_partitions(partitions.CLIENT_DECKS, new)
            self._say(f"{organization.id}: {len(new)} partitions added.")
        gone = {one for one in known - keys if one.startswith(f"{organization.id}/{quarter}/")}
        if gone:
            self._say(f"Nothing to show any more: {', '.join(sorted(gone))}; what was drawn before stays.")
        return expected


def _news(
    instance: dg.DagsterInstance, organization_id: str, quarter: Quarter, found: Contents
) -> Iterator[dg.AssetMaterialization]:
    """What Dagster does not know yet of these decks."""
    place = place_of(organization_id, quarter, found.client_id)
    is_told = _are(found.standing, _latest(instance, place.decks, place.key))
    if not is_told and _are(found.standing, _latest_observation(instance, place.decks, place.key)):
        # Drawn by a run that made no PDF or handout of them: told as what is still to be drawn, and so tried again.
        yield from told_of(organization_id, quarter, found.client_id, found.version, ())
        return
    last = _latest(instance, place.contents, place.key)
    if last is None or (last.tags or {}).get(DATA_VERSION) != found.version or not found.standing:
        yield from told_of(organization_id, quarter, found.client_id, found.version, found.standing)
    elif not is_told:
        yield from told_of(organization_id, quarter, found.client_id, "", found.standing)


def _are(decks: Sequence[BuiltDeck], told: dg.AssetMaterialization | dg.AssetObservation | None) -> bool:
    """Whether Dagster was told of these very files."""
    named = told.metadata.get(SHA256) if decks and told else None
    return named is not None and named.value == files_of(decks)


def _latest(instance: dg.DagsterInstance, asset: dg.AssetKey, partition: str) -> dg.AssetMaterialization | None:
    wanted = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[partition])
    records = instance.fetch_materializations(wanted, limit=1).records
    return records[0].asset_materialization if records else None


def _latest_observation(instance: dg.DagsterInstance, asset: dg.AssetKey, partition: str) -> dg.AssetObservation | None:
    wanted = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[partition])
    records = instance.fetch_observations(wanted, limit=1).records
    return records[0].event_log_entry.asset_observation if records else None


def _is_drawn_by_a_run(instance: dg.DagsterInstance, organization: Organization) -> bool:
    runs = instance.get_runs(dg.RunsFilter(job_name=DRAWS_THEM_ITSELF, statuses=IN_PROGRESS))
    return any(organization.id in run.tags.values() for run in runs)
