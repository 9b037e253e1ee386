"""The main job: extract, link clients, build, check, render, alert, for one or many organizations.

The command line and Dagster both run the steps declared here, so that they cannot differ.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import extractors
from orchestration import checks, model_versions, quarter_decks, transformation, turns
from orchestration.extraction import StreamOutcome, choose, extract_source
from orchestration.progress import Progress
from orchestration.quarter_decks import QuarterDecks
from reports.alerts import AlertSummary, DeliverySummary, deliver, evaluate
from reports.decks import DeckBlocked
from warehouse import citus, clients, migrations, raw, roles
from warehouse.check_results import CheckResult
from warehouse.engine import connect, database_url
from warehouse.frozen_quarters import append_restatements
from warehouse.metric_history import append_changes
from warehouse.organizations import Organization, apply
from warehouse.periods import Period, Quarter, latest_complete_quarter
from warehouse.settings import get_settings


@dataclass(slots=True)
class OrganizationReport:
    """What one run did for one organization."""

    organization: Organization
    streams: list[StreamOutcome] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    decks: QuarterDecks = field(default_factory=QuarterDecks)
    decks_blocked: str | None = None
    alerts: AlertSummary | None = None
    deliveries: DeliverySummary | None = None

    @property
    def failed_streams(self) -> list[StreamOutcome]:
        return [outcome for outcome in self.streams if not outcome.is_complete]


@dataclass(slots=True)
class RunReport:
    """What one run did: an organization each, and the one build they share."""

    run_id: str
    as_of: datetime
    organizations: list[OrganizationReport] = field(default_factory=list)
    built: list[transformation.DbtResult] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 when everything worked, 1 when some of it failed, 2 when every stream failed."""
        streams = [outcome for one in self.organizations for outcome in one.streams]
        failed = [outcome for outcome in streams if not outcome.is_complete]
        if streams and len(failed) == len(streams):
            return 2
        blocked = any(one.decks_blocked or one.decks.failed for one in self.organizations)
        return 1 if failed or blocked else 0


def new_run_id() -> str:
    """A name for one run, unique for ever."""
    return uuid.uuid4().hex


def prepare(organizations: Sequence[Organization]) -> None:
    """Bring the database up to date: app tables, every declared raw table, each organization's rules, who may what."""
    migrations.upgrade(database_url())
    with connect() as connection:
        raw.ensure_raw_tables(connection, declared_tables())
        for organization in organizations:
            apply(connection, organization)
        connection.commit()
        roles.ensure_roles(connection, [organization.id for organization in organizations])
        if get_settings().warehouse == "citus":
            citus.spread(connection)


def declared_tables() -> list[tuple[str, str, bool]]:
    """Every stream that is declared: source, name, and whether a daily history is kept beside it."""
    return [
        (stream.source, stream.name, stream.keeps_daily_history)
        for streams in extractors.STREAMS.values()
        for stream in streams
    ]


def extract(
    organization: Organization,
    *,
    run_id: str,
    as_of: datetime,
    progress: Progress,
    sources: Sequence[str] | None = None,
    period: Period | None = None,
) -> list[StreamOutcome]:
    """Read every stream of the sources that the organization's file turns on, or of the named ones.

    A source that is turned on but not connected is a failure, not an empty source.
    """
    outcomes: list[StreamOutcome] = []
    for source in sources if sources is not None else organization.sources.enabled:
        progress.stage(f"{organization.name}: {source}")
        outcomes += extract_source(
            organization, source, choose(source), run_id=run_id, as_of=as_of, progress=progress, period=period
        )
    return outcomes


def link_clients(organization: Organization) -> None:
    """Give every vendor's client record its place in the organization's list of clients."""
    with connect() as connection:
        clients.link_clients(connection, organization.id)


def build_models(
    organizations: Sequence[Organization],
    *,
    run_id: str,
    as_of: datetime,
    select: Sequence[str] = (),
    full_refresh: bool = False,
    progress: Progress | None = None,
    variables: Mapping[str, str] | None = None,
) -> list[transformation.DbtResult]:
    """Raw tables to marts, tests included. The organizations' figures are computed as of this run's instant.

    Others in the same warehouse keep the instant of their own last run. What changed in the months that are over is
    noted in ``app.metric_history``, what changed in quarters that were presented in ``app.restatements``. A build of
    everything starts every table from scratch where ``full_refresh`` says so, and where another version of the models
    made what is there.
    """
    with turns.sole_builder(progress):
        set_instant(organizations, as_of)
        if not select and not full_refresh:
            with connect() as connection:
                full_refresh = model_versions.are_outdated(connection)
            if full_refresh and progress:
                progress.line("  The models have changed since the last build: every table is built from scratch.")
        built = transformation.build(database_url(), select=select, full_refresh=full_refresh, variables=variables)
        with connect() as connection:
            if not select:
                model_versions.note(connection)
            built_for = [organization.id for organization in organizations]
            append_changes(connection, built_for, run_id=run_id)
            append_restatements(connection, built_for, run_id=run_id)
        return built


def set_instant(organizations: Sequence[Organization], as_of: datetime) -> None:
    """Note what the models shall take for now; written only when it is another than before."""
    with connect() as connection:
        connection.execute(
            "update app.organizations set as_of = %(as_of)s "
            "where organization_id = any(%(ids)s) and as_of is distinct from %(as_of)s",
            {"as_of": as_of, "ids": [organization.id for organization in organizations]},
        )


def report(one: OrganizationReport, *, as_of: datetime, quarter: Quarter, progress: Progress) -> OrganizationReport:
    """Decks of the quarter and alerts, for an organization whose models are built and checked."""
    with quarter_decks.alone_with(one.organization.id, str(quarter), progress):
        with turns.reading(progress):
            drawn = _draw_and_judge(one, as_of=as_of, quarter=quarter, progress=progress)
        _accompany(one, drawn, progress)
    _deliver(one)
    return one


def _draw_and_judge(
    one: OrganizationReport, *, as_of: datetime, quarter: Quarter, progress: Progress
) -> quarter_decks.Drawn | None:
    """What is read from the models, for whoever is alone with the quarter and reads them."""
    organization, drawn = one.organization, None
    try:
        progress.stage(f"{organization.name}: decks of {quarter}")
        drawn = quarter_decks.draw(organization, str(quarter), progress=progress)
    except DeckBlocked as error:
        one.decks_blocked = str(error)
    progress.stage(f"{organization.name}: alerts")
    with connect() as connection:
        one.alerts = evaluate(connection, organization.id, as_of)
        turns.make_sure()
    return drawn


def _accompany(one: OrganizationReport, drawn: quarter_decks.Drawn | None, progress: Progress) -> None:
    if drawn:
        progress.stage(f"{one.organization.name}: decks on paper")
        one.decks = quarter_decks.accompanied(drawn, progress=progress)


def _deliver(one: OrganizationReport) -> None:
    with connect() as connection:
        one.deliveries = deliver(connection, get_settings(), datetime.now(UTC), organization_id=one.organization.id)


def run(
    organizations: Sequence[Organization],
    *,
    as_of: datetime,
    progress: Progress,
    sources: Sequence[str] | None = None,
    period: Period | None = None,
    quarter: Quarter | None = None,
    run_id: str | None = None,
) -> RunReport:
    """The whole main job.

    ``period`` reads the records dated in one month again; ``quarter`` does so for its three months. Either also
    chooses the quarter that the decks show; without them it is the latest complete one.
    """
    done = RunReport(run_id=run_id or new_run_id(), as_of=as_of)
    progress.stage("database")
    prepare(organizations)
    months: Sequence[Period | None] = quarter.periods if quarter else [period]
    for organization in organizations:
        one = OrganizationReport(organization)
        for month in months:
            one.streams += extract(
                organization, run_id=done.run_id, as_of=as_of, progress=progress, sources=sources, period=month
            )
        link_clients(organization)
        done.organizations.append(one)
    shown = {
        one.organization.id: quarter
        or (period.quarter if period else latest_complete_quarter(as_of, one.organization.time_zone))
        for one in done.organizations
    }
    with quarter_decks.alone_with_all([(name, str(one)) for name, one in shown.items()], progress):
        progress.stage("models and their tests")
        drawn: list[quarter_decks.Drawn | None] = []
        with turns.sole_builder(progress) as let_others_read:
            done.built = build_models(organizations, run_id=done.run_id, as_of=as_of, progress=progress)
            for one in done.organizations:
                progress.stage(f"{one.organization.name}: checks")
                one.checks = checks.run(one.organization, run_id=done.run_id, built=done.built)
            let_others_read()  # nobody builds before the decks are drawn, so that they show what was built here
            for one in done.organizations:
                quarter_of_decks = shown[one.organization.id]
                drawn.append(_draw_and_judge(one, as_of=as_of, quarter=quarter_of_decks, progress=progress))
        for one, decks in zip(done.organizations, drawn, strict=True):
            _accompany(one, decks, progress)
    for one in done.organizations:
        _deliver(one)
    return done
