"""``qbr report``: what is sent every week and every month, made now."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from orchestration import pipeline, regular_reports
from orchestration.cli.options import OneOrganizationOption, PeriodOption, as_period
from orchestration.cli.report import near
from orchestration.errors import UsageError
from orchestration.progress import on_screen
from orchestration.selection import chosen_organizations, one_organization, run_instant
from reports import retention
from reports.formats import Formats
from reports.mail_footers import LISTS
from reports.mails import Sent, recipients_of
from reports.views import organizations as scope
from warehouse import mail_lists
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


@app.command("recipients")
def recipients(
    put_back: Annotated[
        str | None, typer.Option("--put-back", metavar="ADDRESS", help="Send to this address again.")
    ] = None,
    mail_list: Annotated[
        str, typer.Option("--list", metavar="LIST", help="Of which list: investor_report or data_quality_report.")
    ] = "investor_report",
    organization: OneOrganizationOption = None,
) -> None:
    """Show who gets which report by mail, and who has left a list by the link in a mail.

    Who gets it stands in the organization's file; whoever has left stays off until --put-back.
    """
    chosen, settings = one_organization(organization), get_settings()
    if mail_list not in LISTS:
        raise UsageError(f"There is no list {mail_list!r}; there are {', '.join(LISTS)}. Nothing was done.")
    pipeline.prepare([chosen])
    with connect() as connection:
        if put_back is not None:
            person = Actor("person", getpass.getuser())
            mail_lists.put_back(connection, chosen.id, mail_list, put_back, actor=person)
            typer.echo(f"{put_back} is sent {LISTS[mail_list]} of {chosen.name} again.")
            return
        about = scope.organization(connection, chosen.id)
        gone = {(one.mail_list, one.recipient): one.left_at for one in mail_lists.those_who_left(connection, chosen.id)}
    formats = Formats(chosen.locale, chosen.currency, chosen.time_zone)
    for name, words in LISTS.items():
        found = recipients_of(about, settings, name)
        typer.echo(f"{words[:1].upper()}{words[1:]} ({name}):{'' if found else ' nobody'}")
        for address in found or ():
            left_at = gone.get((name, address.lower()))
            typer.echo(f"  {address}" + (f", left the list on {formats.instant(left_at)}" if left_at else ""))


def _made(kind: str, period: str | None, *, mail: bool, organization: str | None) -> None:
    month = as_period(period)
    chosen = one_organization(organization)
    with on_screen() as screen:
        screen.stage(f"{chosen.name}: report, {kind}")
        done = regular_reports.make(kind, chosen, run_instant([chosen]), period=month, with_mail=mail, progress=screen)
        sent = regular_reports.send(chosen) if mail else None
        screen.finish()
        for path in done.files:
            screen.line(str(near(path)))
        for sentence in done.sentences:
            screen.line(sentence)
        if sent is not None and sent != Sent():
            screen.line(f"Mail: {sent}.")
