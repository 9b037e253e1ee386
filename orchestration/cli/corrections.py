"""``qbr correction``: a person's figure above the collected one, with a reason, and taking it back."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from orchestration import pipeline
from orchestration.cli.options import OneOrganizationOption, as_period
from orchestration.selection import one_organization, run_instant
from warehouse import corrections
from warehouse.engine import connect
from warehouse.periods import Period

Metric = Annotated[str, typer.Argument(metavar="METRIC", help="A monthly key of docs/metrics.md, such as mrr.")]
Month = Annotated[str, typer.Option("--period", metavar="YYYY-MM", help="The month it is for.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in a sentence; it is kept and shown.")]
Client = Annotated[str, typer.Option("--client", metavar="CLIENT_ID", help="One client instead of all.")]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Set a figure right above its source, with a reason.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("enter")(enter)
    group.command("withdraw")(withdraw)
    group.command("list")(in_force)
    app.add_typer(group, name="correction")


def enter(
    metric: Metric,
    period: Month,
    *,
    value: Annotated[str, typer.Option("--value", metavar="NUMBER", help="The figure, such as 61000 or 1234.50.")],
    reason: Reason,
    client: Client = "all",
    organization: OneOrganizationOption = None,
) -> None:
    """Let a figure hold above whatever was collected, booked or calculated; the next build shows it."""
    month, chosen = as_period(period), one_organization(organization)
    pipeline.prepare([chosen])
    last = Period.containing(run_instant([chosen]), chosen.time_zone)
    with connect() as connection:
        is_new = corrections.enter(
            connection,
            chosen.id,
            metric,
            month,
            value,
            reason=reason,
            entered_by=getpass.getuser(),
            client_id=client,
            last=last,
        )
    done = f"{metric} of {month} is corrected to {value}" if is_new else f"{metric} of {month} was corrected so already"
    typer.echo(f"{done}. Next: `qbr build`; `qbr explain {metric} --period {month}` shows what it stands above.")


def withdraw(
    metric: Metric, period: Month, reason: Reason, client: Client = "all", organization: OneOrganizationOption = None
) -> None:
    """Take a correction back; the next build lets the next best figure hold again."""
    month, chosen = as_period(period), one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        taken = corrections.withdraw(
            connection, chosen.id, metric, month, reason=reason, entered_by=getpass.getuser(), client_id=client
        )
    typer.echo(f"The correction of {metric} of {month} to {taken.value:f} is taken back. Next: `qbr build`.")


def in_force(organization: OneOrganizationOption = None) -> None:
    """List the corrections that hold, with who entered them and why."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        found = corrections.in_force(connection, chosen.id)
    for one in found:
        typer.echo(
            f"{one.period} {one.metric} ({one.client_id}) = {one.value:f}, by {one.entered_by} on "
            f"{one.entered_at:%Y-%m-%d}: {one.reason}"
        )
    if not found:
        typer.echo(f"No correction holds in {chosen.id}.")
