"""From marts to files: which slides a deck has, the gate before it, and where it is put."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.decks import headlines
from reports.decks.brand import brand_of
from reports.decks.decisions import Evidence, decisions
from reports.decks.deck import Deck
from reports.decks.slides import client as client_slides
from reports.decks.slides import fleet, money, service
from reports.decks.slides.cover import render_cover
from reports.decks.slides.decisions import render_decisions
from reports.decks.slides.quality import Quality, render_freshness, render_gaps
from reports.decks.slides.smartnumbers import render_block
from reports.errors import DeckBlocked, ReportError
from reports.formats import Formats
from reports.views import clients, metrics, quality, smartnumbers
from reports.views import organizations as scope
from warehouse.artefacts import store
from warehouse.audit import RUN, Actor, record
from warehouse.check_results import failed_checks

TREND_MONTHS = 13
"""A year and the same month before it, so that a month can be set beside its own a year ago."""


@dataclass(frozen=True, slots=True)
class BuiltDeck:
    """A deck as it was written."""

    path: Path
    sha256: str
    slides: int
    kind: str
    client_id: str


def build_decks(
    connection: Connection[Any],
    organization_id: str,
    quarter: str,
    out_dir: Path,
    *,
    clients: Sequence[str] | None = None,
    force_reason: str | None = None,
    actor: Actor = RUN,
) -> list[BuiltDeck]:
    """The company's deck and one for each client (`clients` names some), under `out_dir`.

    None means every client that has a figure to show; of one known to billing systems alone a deck would say nothing.

    Files lie in ``<organization>/<quarter>/`` and are noted as artefacts; the caller commits. Raises DeckBlocked while
    an error check fails, UnknownScope for an organization, quarter or client that is not in the marts.
    """
    order = _Order(connection, organization_id, quarter, out_dir, force_reason, actor)
    review = _opened(order)
    months = scope.months_until(review.quarter.last_complete_month, TREND_MONTHS)
    wanted = metrics.clients_with_values(connection, organization_id, months) if clients is None else clients
    return [_company(order, review), *(_client(order, review, client_id) for client_id in wanted)]


def build_company_deck(
    connection: Connection[Any],
    organization_id: str,
    quarter: str,
    out_dir: Path,
    *,
    force_reason: str | None = None,
    actor: Actor = RUN,
) -> BuiltDeck:
    """The owner's review of the whole organization. Raises as `build_decks`."""
    order = _Order(connection, organization_id, quarter, out_dir, force_reason, actor)
    return _company(order, _opened(order))


def build_client_deck(
    connection: Connection[Any],
    organization_id: str,
    quarter: str,
    out_dir: Path,
    client_id: str,
    *,
    force_reason: str | None = None,
    actor: Actor = RUN,
) -> BuiltDeck:
    """The review one client is shown: its own devices, tickets, hours and agreements. Raises as `build_decks`."""
    order = _Order(connection, organization_id, quarter, out_dir, force_reason, actor)
    return _client(order, _opened(order), client_id)


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for."""

    connection: Connection[Any]
    organization_id: str
    quarter: str
    out_dir: Path
    force_reason: str | None
    actor: Actor


@dataclass(frozen=True, slots=True)
class _Review:
    """What every slide of an order shares."""

    organization: scope.Organization
    quarter: scope.QuarterFacts
    snapshot: scope.Snapshot


def _company(order: _Order, review: _Review) -> BuiltDeck:
    connection, organization_id, quarter = order.connection, order.organization_id, order.quarter
    facts = review.quarter
    deck = _deck(order, review, "Quarterly business review")
    formats = deck.formats
    months = scope.months_until(facts.last_complete_month, TREND_MONTHS)
    quarters = _compared_quarters(quarter)
    numbers = smartnumbers.smartnumbers(connection, organization_id, quarter)
    streams = quality.freshness(connection, organization_id)
    held = Quality(
        streams=streams,
        missing=quality.missing_inputs(connection, organization_id, facts.months),
        unmapped=quality.unmapped_accounts(connection, organization_id, facts.months),
        clients=quality.unmatched_clients(connection, organization_id),
        checks=quality.check_results(connection, organization_id),
        has_clients=bool(scope.clients(connection, organization_id)),
    )
    names = (*service.MONTHLY, *fleet.MONTHLY, *money.METRICS)
    monthly = metrics.monthly(connection, organization_id, names, months)
    quarterly = metrics.quarterly(connection, organization_id, names, quarters)

    render_cover(
        deck,
        owner=review.organization.name,
        subject="Company review",
        quarter=facts,
        snapshot=review.snapshot,
        facts=[headlines.summary(formats, facts, numbers)],
    )
    evidence = Evidence(quarter, numbers, held.missing, held.unmapped, streams)
    has_values = any(number.figure.value is not None for number in numbers)
    render_decisions(deck, decisions(formats, evidence), has_values=has_values)
    for key in headlines.BLOCKS:
        render_block(deck, key, [number for number in numbers if number.block == key])
    service.render_service(deck, monthly, quarterly, "Reactive service")
    fleet.render_fleet(deck, monthly, clients.fleet_by_client(connection, organization_id, facts.last_complete_month))
    money.render_revenue(deck, monthly, quarterly)
    money.render_profit(deck, monthly, quarterly)
    render_freshness(deck, held, review.snapshot, facts)
    render_gaps(deck, held, facts)
    return _written(order, review, deck, "all")


def _client(order: _Order, review: _Review, client_id: str) -> BuiltDeck:
    connection, organization_id, quarter = order.connection, order.organization_id, order.quarter
    facts = review.quarter
    client = scope.client(connection, organization_id, client_id)
    deck = _deck(order, review, "Service review")
    month = facts.last_complete_month
    months = scope.months_until(month, TREND_MONTHS)
    names = (*service.MONTHLY, *fleet.MONTHLY)
    monthly = metrics.monthly(connection, organization_id, names, months, client_id)
    quarterly = metrics.quarterly(connection, organization_id, names, _compared_quarters(quarter), client_id)

    created, closed, _ = (quarterly[metric] for metric in service.MONTHLY)
    endpoints, seats = (monthly[metric] for metric in fleet.MONTHLY)
    tickets = headlines.tickets(deck.formats, created, closed)
    devices = headlines.fleet(deck.formats, endpoints, seats)
    render_cover(
        deck,
        owner=review.organization.name,
        subject=client.name,
        quarter=facts,
        snapshot=review.snapshot,
        facts=[devices, tickets],
    )
    classes = clients.device_classes(connection, organization_id, client_id, month)
    client_slides.render_devices(deck, monthly, classes)
    service.render_service(deck, monthly, quarterly, "Your tickets and our hours")
    on = scope.last_day(facts.months[2])
    client_slides.render_agreements(deck, clients.agreements(connection, organization_id, client_id, on), facts)
    gaps = [figure for series in monthly.values() for figure in series.figures if figure.value is None]
    streams = quality.freshness(connection, organization_id)
    client_slides.render_data_notes(deck, client, streams, gaps, facts)
    return _written(order, review, deck, client_id)


def gate(connection: Connection[Any], organization_id: str, quarter: str) -> tuple[str, ...]:
    """What forbids a deck of `quarter`: failing error checks, and report groups that do not tie. Empty when nothing."""
    failures = [
        f"{check.check_name} on {check.subject}: {check.message}"
        for check in failed_checks(connection, organization_id, "error")
    ]
    failures += [
        f"the books of {gap.period} ({gap.basis}) do not tie: {gap.report_group} differs by {gap.difference:f}."
        for gap in quality.ledger_differences(connection, organization_id, scope.months_of(quarter))
    ]
    return tuple(failures)


def _opened(order: _Order) -> _Review:
    if order.force_reason is not None and not order.force_reason.strip():
        raise ReportError("A forced deck needs a reason, which stands on every slide; nothing was written.")
    connection, organization_id, quarter = order.connection, order.organization_id, order.quarter
    organization = scope.organization(connection, organization_id)
    facts = scope.quarter_facts(connection, organization_id, quarter)
    failures = gate(connection, organization_id, quarter)
    if failures and order.force_reason is None:
        raise DeckBlocked(organization_id, quarter, failures)
    return _Review(organization, facts, scope.snapshot(connection, organization_id))


def _deck(order: _Order, review: _Review, title: str) -> Deck:
    organization = review.organization
    return Deck(
        brand=brand_of(organization.name, organization.brand),
        formats=Formats(organization.locale, organization.currency, organization.time_zone),
        organization_id=organization.organization_id,
        quarter=review.quarter,
        title=title,
        snapshot=review.snapshot,
        draft_reason=order.force_reason,
    )


def _compared_quarters(quarter: str) -> tuple[str, str, str]:
    """Same quarter last year, the previous one, this one."""
    last_year, *_, previous, this = scope.quarters_until(quarter, 5)
    return last_year, previous, this


def _written(order: _Order, review: _Review, deck: Deck, client_id: str) -> BuiltDeck:
    """Put the deck where it belongs, and note it; a forced one is noted in the audit log too."""
    content = deck.save()
    kind, what = ("company", "company") if client_id == "all" else ("client", client_id)
    path = (
        order.out_dir / order.organization_id / order.quarter / f"{order.organization_id}-{order.quarter}-{what}.pptx"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)  # whoever opens the deck sees the old one or the new one, never half
    store(
        order.connection,
        order.organization_id,
        path,
        kind=f"{kind}_deck",
        period=order.quarter,
        client_id=client_id,
        run_id=review.snapshot.run_id,
        details={"slides": deck.slides, "draft_reason": order.force_reason},
    )
    if order.force_reason is not None:
        record(
            order.connection,
            order.organization_id,
            order.actor,
            "force_deck",
            resource=path.name,
            reason=order.force_reason,
        )
    return BuiltDeck(path, hashlib.sha256(content).hexdigest(), deck.slides, kind, client_id)
