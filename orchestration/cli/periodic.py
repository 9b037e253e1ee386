"""``qbr report``: what is sent every week and every month, made now."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from orchestration import pipeline, regular_reports
from orchestration.cli.options import OneOrganizationOption, PeriodOption, as_period
from orchestration.cli.report import near
from orchestration.progress import on_screen
from orchestration.selection import chosen_organizations, one_organization, run_instant
from reports import retention
from warehouse.audit import Actor
from warehouse.engine import connect
from warehouse.settings import get_settings

app = typer.Typer(
    help="Weekly report to investors, monthly report on the data.", no_args_is_help=True, rich_markup_mode=None
)
MailOption = Annotated[bool, typer.Option("--mail", help="Put the mail into the outbox and send it.")]


@app.callback()
def report() -> None:
    """Weekly report to investors, monthly report on the data."""


@app.command("investors")
def investors(
    period: PeriodOption = None, mail: MailOption = False, organization: OneOrganizationOption = None
) -> None:
    """Write the investors' snapshot files and workbook of a month; the latest one when none is named.

    Dagster does so every Sunday at 09:00 of the organization's zone, and mails them.
    """
    _made("investors", period, mail=mail, organization=organization)


@app.command("data-quality")
def data_quality(
    period: PeriodOption = None, mail: MailOption = False, organization: OneOrganizationOption = None
) -> None:
    """Write the report on a month's data as a page and a workbook; of the latest complete month when none is named.

    Dagster does so on the sixth of each month, when the month before is no longer read again, and mails it.
    """
    _made("data-quality", period, mail=mail, organization=organization)


@app.command("clear")
def clear(organization: OneOrganizationOption = None) -> None:
    """Remove exports, snapshot files and reports older than the organization's file keeps them. Decks stay."""
    settings, person = get_settings(), Actor("person", getpass.getuser())
    organizations = chosen_organizations(organization)
    pipeline.prepare(organizations)
    for one in organizations:
        with connect() as connection:
            cleared = retention.clear(connection, one.id, settings.var_dir / "reports", datetime.now(UTC), actor=person)
        typer.echo(f"{one.name}: {cleared}.")


def _made(kind: str, period: str | None, *, mail: bool, organization: str | None) -> None:
    month = as_period(period)
    chosen = one_organization(organization)
    with on_screen() as screen:
        screen.stage(f"{chosen.name}: report, {kind}")
        done = regular_reports.make(kind, chosen, run_instant([chosen]), period=month, with_mail=mail)
        sent = regular_reports.send(chosen) if mail else None
        screen.finish()
        for path in done.files:
            screen.line(str(near(path)))
        for sentence in done.sentences:
            screen.line(sentence)
        if sent is not None and (sent.delivered or sent.failed):
            screen.line(f"Mail: {sent}.")
