"""Step one of a deck: every slide's view is read, in one state of the warehouse, into a snapshot. Nothing is drawn."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from psycopg import Connection
from psycopg.pq import TransactionStatus

from reports.decks.declarations import DeckDeclaration, SlideDeclaration, view_of
from reports.decks.snapshots import SCHEMA, BrandFiles, DeckSnapshot, GatheredSlide, LeftOut, Owner, encode_content
from reports.errors import ReportError
from reports.views.organizations import Organization
from reports.views.scope import Scope
from warehouse.settings import get_settings


@contextmanager
def one_state(connection: Connection[Any]) -> Iterator[None]:
    """Everything read inside sees the warehouse as it is now, and nothing can be written.

    A transaction that is open already is used as it is: whoever opened it decided what it sees.
    """
    is_idle = connection.info.transaction_status is TransactionStatus.IDLE
    with connection.transaction():
        if is_idle:
            connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local time zone 'UTC'")  # instants are written alike whoever reads them
        yield


def gather(
    connection: Connection[Any], scope: Scope, declared: DeckDeclaration, *, draft_reason: str | None = None
) -> DeckSnapshot:
    """The deck's snapshot. To be called inside `one_state`, after the gate."""
    slides, left_out = [], []
    scope = replace(scope, audience=declared.audience)
    wording = scope.organization.brand.get("wording") or {}
    words: Mapping[str, str] = wording.get(declared.deck) or {}
    for line in declared.slides:
        reason = _reason_to_leave_out(line, declared.audience, scope)
        content = None if reason else view_of(line.view)(connection, scope, **dict(line.arguments))
        if reason is None and line.missing == "leave_out" and getattr(content, "is_empty", False):
            reason = "there is nothing to show"
        if reason:
            left_out.append(LeftOut(line.slide, reason))
            continue
        kicker = words.get(line.slide, line.kicker)
        slides.append(GatheredSlide(line.slide, kicker, line.view, line.renderer, encode_content(content)))
    organization = scope.organization
    return DeckSnapshot(
        schema=SCHEMA,
        deck=declared.deck,
        title=words.get("title", declared.title),
        subject=words.get("subject", declared.subject),
        audience=declared.audience,
        owner=_owner(organization),
        client=scope.client,
        quarter=scope.quarter,
        state=scope.snapshot,
        brand={key: value for key, value in organization.brand.items() if key != "wording"},
        files=brand_files(organization),
        draft_reason=draft_reason,
        slides=tuple(slides),
        left_out=tuple(left_out),
    )


def brand_files(organization: Organization) -> BrandFiles:
    """Logo and template, read from below the folder of configuration. Raises ReportError when one is not there."""
    found: dict[str, bytes | None] = {}
    for name in ("logo", "template"):
        given = organization.brand.get(name)
        path = None if not given else get_settings().config_dir / str(given)
        if path is not None and not path.is_file():
            raise ReportError(
                f"brand.{name} of {organization.organization_id} is {given}, and there is no file {path}; put it there "
                "or leave the key out."
            )
        found[name] = None if path is None else path.read_bytes()
    return BrandFiles(**found)


def _reason_to_leave_out(line: SlideDeclaration, audience: str, scope: Scope) -> str | None:
    if line.audience and audience not in line.audience:
        return f"it is for {', '.join(line.audience)}"
    if line.when == "complete_quarter" and not scope.quarter.is_complete:
        return "the quarter is not over"
    if line.when == "incomplete_quarter" and scope.quarter.is_complete:
        return "the quarter is over"
    source = line.when.removeprefix("source:")
    if line.when.startswith("source:") and source not in scope.organization.enabled_sources:
        return f"{source} is not connected"
    return None


def _owner(organization: Organization) -> Owner:
    return Owner(
        organization.organization_id,
        organization.name,
        organization.time_zone,
        organization.currency,
        organization.locale,
    )
