"""``qbr snapshot``: the executive snapshots of some days, computed anew."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.console import Console

from orchestration import pipeline, snapshots
from orchestration.cli.options import OneOrganizationOption
from orchestration.errors import UsageError
from orchestration.progress import on_screen
from orchestration.selection import one_organization, run_instant


def add_to(app: typer.Typer) -> None:
    app.command("snapshot")(snapshot)


def snapshot(
    first: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day; else yesterday.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day; else yesterday.")] = None,
    client: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT_ID", help="One client (a tenant), or all for the whole.")
    ] = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Compute executive snapshots anew from the records that are held. Reads no vendor."""
    chosen = one_organization(organization)
    as_of = run_instant([chosen])
    latest = snapshots.yesterday(as_of, chosen.time_zone)
    days = snapshots.Range(_day(first) or _day(last) or latest, _day(last) or latest, client)
    if days.first > days.last:
        raise UsageError(f"{days.first} is after {days.last}; give --from the earlier day. Nothing was done.")
    if days.last > latest:
        raise UsageError(f"{days.last} is not over yet; the last day that is over is {latest}. Nothing was done.")
    with on_screen() as screen:
        screen.stage("database")
        pipeline.prepare([chosen])
        pipeline.link_clients(chosen)
        screen.stage(f"snapshots of {days.first} to {days.last}")
        snapshots.renew(chosen, days, run_id=pipeline.new_run_id(), as_of=as_of)
        screen.finish()
    console, told = Console(), snapshots.renewed(chosen, days)
    for bucket in ("daily", "weekly", "monthly"):
        console.print(f"{bucket}: {told.get(bucket, 0)} rows", highlight=False)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"'{text}' is no day such as 2026-03-31. Nothing was done.") from error
