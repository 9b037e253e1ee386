"""``qbr explain``: where one figure comes from, in plain sentences and with parts that add up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console

from orchestration import elsewhere, explanation, lacking, readings, turns, wording
from orchestration.cli import receipts
from orchestration.cli.options import OneOrganizationOption, as_period, as_quarter
from orchestration.errors import UsageError
from orchestration.metric_reference import Entry
from orchestration.progress import on_screen
from orchestration.selection import one_organization
from warehouse.engine import connect
from warehouse.organizations import Organization


def add_to(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="A key of docs/metrics.md, such as rhem.")],
    period: Annotated[
        str | None, typer.Option("--period", metavar="YYYY-MM|YYYY-Qn", help="A month or a quarter.")
    ] = None,
    quarter: Annotated[str | None, typer.Option("--quarter", metavar="YYYY-Qn", help="A quarter.")] = None,
    client: Annotated[str, typer.Option("--client", metavar="CLIENT_ID", help="One client instead of all.")] = "all",
    organization: OneOrganizationOption = None,
) -> None:
    """Say where a figure comes from: its parts with their sum, what else was offered, what it was before."""
    if (period is None) == (quarter is None):
        raise typer.BadParameter("give a month with --period 2026-06 or a quarter with --quarter 2026-Q2.")
    asked = str(period or quarter)
    is_quarter = quarter is not None or "Q" in asked
    as_quarter(asked) if is_quarter else as_period(asked)
    chosen = one_organization(organization)
    console = Console()
    # Read to its end before anything is shown: parts of two builds do not add up, and a pager keeps nobody waiting.
    with on_screen() as screen, turns.reading(screen), connect() as connection:
        definition = readings.find_definition(connection, metric)
        entry = None if definition else elsewhere.find(metric)
        if entry:
            lines = tell_column(connection, chosen, entry, asked, client)
        else:
            teller = Teller(connection, chosen, definition or readings.definition(connection, metric), client)
            lines = teller.quarter(asked) if is_quarter else teller.month(asked)
        told = list(lines)
    for line in told:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


class Teller:
    """Tells one metric of one organization or client."""

    def __init__(
        self, connection: psycopg.Connection[Any], organization: Organization, definition: readings.Row, client_id: str
    ) -> None:
        self.connection, self.organization, self.definition = connection, organization, definition
        self.client_id = client_id
        self.labels = readings.labels(connection)
        self.unit, self.scale = definition["unit"], definition["scale"]

    def month(self, period: str) -> Iterator[str]:
        """One monthly figure."""
        if not self.definition["is_monthly"]:
            raise UsageError(
                f"{self.definition['metric']} is a quarterly SmartNumber; give a quarter such as 2026-Q2. "
                "Nothing was shown."
            )
        metric, organization_id = self.definition["metric"], self.organization.id
        row = readings.monthly_figure(self.connection, organization_id, metric, period, self.client_id)
        made = explanation.of_month(self.connection, self.definition, row)
        yield from self._head(period, row)
        if not row["is_complete_period"] and row["value"] is not None:
            yield "             The month is not over, so this is what has come in so far."
        yield from receipts.made_of(made, self.unit, self.scale)
        yield from receipts.origin(self.connection, self.definition, row)
        yield from receipts.versions(self.connection, self.definition, row)
        yield from receipts.presented(self.connection, self.definition, row, self.labels)
        yield from receipts.unusual(self.connection, self.definition, row)
        yield from receipts.forecast(self.connection, self.definition, row)
        yield self._for_analysts("fct_metrics_monthly", row, row["model"])

    def quarter(self, quarter: str) -> Iterator[str]:
        """One SmartNumber, or a monthly metric over the months of a quarter."""
        metric, organization_id = self.definition["metric"], self.organization.id
        if self.definition["is_smartnumber"] and self.client_id == "all":
            row = readings.quarterly_figure(self.connection, organization_id, metric, quarter)
            made = explanation.of_smartnumber(self.definition, row)
            yield from self._head(quarter, row)
            yield from receipts.made_of(made, self.unit, self.scale)
            yield from receipts.change(self.connection, row)
            yield from receipts.target(row)
            mart = "fct_smartnumbers"
        else:
            if not self.definition["is_monthly"]:
                raise UsageError(f"{metric} describes the whole organization; leave --client out. Nothing was shown.")
            row = readings.quarterly_input(self.connection, organization_id, metric, quarter, self.client_id)
            made = explanation.of_quarter(self.connection, self.definition, row)
            yield from self._head(quarter, row)
            yield from receipts.made_of(made, self.unit, self.scale)
            mart = "fct_metrics_quarterly"
        if row["is_incomplete"] and row["value"] is not None:
            yield f"Incomplete:  only {row['months_present']} of 3 months could be used."
        yield from receipts.presented(self.connection, self.definition, row, self.labels)
        yield self._for_analysts(mart, row)

    def _head(self, period: str, row: readings.Row) -> Iterator[str]:
        whose = self.organization.name
        if self.client_id == "unassigned":
            whose += f", {wording.UNASSIGNED}"
        elif self.client_id != "all":
            whose += f", {readings.client_name(self.connection, self.organization.id, self.client_id)}"
        value = row["value"]
        told = "no figure" if value is None else receipts.told(value, self.unit, self.scale)
        label = wording.capital(wording.label_of(self.definition["label"]))
        yield f"{label}, {wording.month_of(period)}, {whose}: {told}"
        yield f"What it is:  {wording.in_words(self.definition['formula'], self.labels)}."
        if value is None:
            reason = row["reason"] or "Nobody knows why."
            yield f"Why none:    {wording.in_words(reason, self.labels)}"
            roots = lacking.missing_parts(self.connection, row, reason) if "period" in row else []
            for one in roots:
                part = wording.in_words(one["metric"], self.labels)
                yield f"             {part}: {wording.in_words(one['reason'], self.labels)}"
            causes = [(one["reason"], one["usual_source"]) for one in roots] or [(reason, None)]
            helps = {
                wording.advice(why, source or self.definition["usual_source"], self.organization.id, period)
                for why, source in causes
            }
            for place, advice in enumerate(sorted(helps)):
                yield ("What to do:  " if not place else " " * 13) + advice

    def _for_analysts(self, mart: str, row: readings.Row, model: str | None = None) -> str:
        rows, freshest = row["source_rows"], row["freshest_at"]
        told = f"{self.definition['metric']} in marts.{mart}"
        if model and model != mart:
            told += f", made by {model}"
        if rows:
            told += f", from {rows:,} {'records' if rows > 1 else 'record'}"
        if freshest:
            told += f", the newest read {freshest:%Y-%m-%d %H:%M} UTC"
        return f"To look up:  {told}."


def tell_column(
    connection: psycopg.Connection[Any], organization: Organization, entry: Entry, asked: str, client_id: str
) -> Iterator[str]:
    """A metric that is a column of a mart of its own; several rows where the mart keeps days, months or kinds."""
    found = elsewhere.figures(connection, entry, organization.id, asked, client_id)
    whose = organization.name
    if client_id != "all":
        whose += f", {readings.client_name(connection, organization.id, client_id)}"
    scale = elsewhere.SCALES.get(entry.unit, 4)
    head = f"{wording.in_words(entry.key, {})}, {wording.month_of(asked)}, {whose}: "
    values = [one["value"] for one in found]
    is_list = len(found) > 1 and any(value is not None for value in values)
    if is_list:
        yield f"{head}{len(found)} figures"
    else:
        yield head + ("no figure" if values[0] is None else receipts.told(values[0], entry.unit, scale))
    yield f"What it is:  {wording.in_words(entry.formula, {})}."
    if is_list:
        yield "Made of:"
        for one in found:
            yield f"{receipts.told(one['value'], entry.unit, scale):>{receipts.WIDTH}}  {one['label']}"
    else:
        yield from receipts.made_of(elsewhere.composed(connection, entry, found[0]), entry.unit, scale)
    reasons = dict.fromkeys(one["why"] for one in found if one["why"])
    for why in reasons:
        yield f"Why none:    {wording.in_words(why, {})}"
        yield f"What to do:  {wording.advice(why, entry.source, organization.id, asked)}"
    mart, column = entry.place.split(".")
    yield f"To look up:  {column} in marts.{mart}."
