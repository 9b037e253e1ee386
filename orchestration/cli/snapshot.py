"""``qbr snapshot``: the executive snapshots of some days, computed anew."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

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
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day; else that of --to.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day; else yesterday.")] = None,
    client: Annotated[
        str | None,
        typer.Option(
            "--client", metavar="CLIENT_ID", help="One client (a tenant), or 'all' for the whole; else every row."
        ),
    ] = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Compute executive snapshots of some days anew, and print what they say.

    Every day, week and month that touches the days is told anew from the records that are held; no vendor is read. The
    same records give the same figures, however often and however late they are told.
    """
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
        snapshots.renew(chosen, days, run_id=pipeline.new_run_id(), as_of=as_of, progress=screen)
        screen.finish()
    console, told = Console(), snapshots.renewed(chosen, days)
    if not told:
        raise UsageError(
            f"No day of {days.first} to {days.last} has a snapshot of '{days.client or 'all'}'. Either the history "
            "begins later, or no such client uses the product (marts.dim_clients lists them). Nothing was changed."
        )
    counts = ", ".join(f"{told.get(bucket, 0)} {bucket}" for bucket in ("daily", "weekly", "monthly"))
    console.print(f"Snapshots of {days.first} to {days.last}: {counts} rows.", highlight=False)
    for line in told_in_words(snapshots.summary(chosen.id, days), days.client or "all", chosen.currency):
        console.print(line, highlight=False, soft_wrap=True)


def told_in_words(summary: dict[str, Any], client: str, currency: str) -> list[str]:
    """The range at a glance; what no day knows is a dash, never a zero."""
    days = f"{summary['days_with_a_snapshot']} of {summary['days']} days have a snapshot"
    rates = (summary["job_success_rate"], summary["job_failure_rate"])
    succeeded, failed = (None if rate is None else f"{100 * rate:.2f}%" for rate in rates)
    measured = f" (measured on {summary['mrr_measured_on']})" if summary["mrr_measured_on"] else ""
    rows: tuple[tuple[str, list[tuple[str, Any]], str], ...] = (
        ("Customers", [("at the end", summary["total_customers"]), ("new", summary["new_customers"]),
                       ("left", summary["churned_customers"])], ""),
        ("Active users, average of the days", [("DAU", summary["dau_avg"]), ("WAU", summary["wau_avg"]),
                                               ("MAU", summary["mau_avg"])], ""),
        ("User-days with", [("an upload", summary["uploaded_file_user_days"]),
                            ("a worklog", summary["created_worklog_user_days"]),
                            ("a report", summary["generated_report_user_days"])], ""),
        ("Jobs", [("created", summary["jobs_total"]), ("succeeded", succeeded), ("failed", failed)], ""),
        (f"Money in {currency}", [("MRR", summary["mrr_run_rate"]), ("ARR", summary["arr"]),
                                  ("burn a month", summary["cash_burn_monthly"]),
                                  ("months of runway", summary["runway_months"])], measured),
    )  # fmt: skip
    lines = [
        f"  {title}: " + ", ".join(f"{name} {'-' if value is None else value}" for name, value in values) + after
        for title, values, after in rows
    ]
    return [f"{'The whole organization' if client == 'all' else client}; {days}:", *lines]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"'{text}' is no day such as 2026-03-31. Nothing was done.") from error
