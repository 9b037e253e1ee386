"""Figures as rows: the value with all its digits, as it reads on a slide, and where it comes from."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.decks.findings import places_of
from reports.errors import UnknownScope
from reports.exports.selection import Selection
from reports.exports.table import Column, Table
from reports.formats import Formats, utc
from reports.views import exports, metrics, smartnumbers
from reports.views import organizations as scope
from reports.views.figures import Figure
from warehouse.periods import Period, Quarter

_TEXTS = ("organization_id", "client_id", "client", "metric", "label", "period")
COLUMNS = (
    *(Column(name) for name in _TEXTS),
    Column("value", "decimal"),
    Column("unit"),
    Column("currency"),
    Column("shown"),
    Column("reason"),
    Column("is_complete", "boolean"),
    Column("months", "integer"),
    Column("method"),
    Column("basis"),
    Column("source"),
    Column("model"),
    Column("source_rows", "integer"),
    Column("freshest_at", "instant"),
    Column("note"),
)


def figures_table(connection: Connection[Any], organization_id: str, selection: Selection) -> Table:
    """The figures asked for, a row each; one without a value keeps its row and says why.

    Raises UnknownScope for an organization, client or metric that the marts do not know.
    """
    about = scope.organization(connection, organization_id)
    names = {"all": about.name, **exports.client_names(connection, organization_id)}
    if selection.client_id is not None and selection.client_id not in names:
        known = ", ".join(name for name in names if name != "all")
        raise UnknownScope(
            f"{organization_id} has no client {selection.client_id!r}, so nothing was exported. "
            f"Its clients are: {known}."
        )
    _refuse_unknown(connection, organization_id, selection)
    formats = Formats(about.locale, about.currency, about.time_zone)
    complete = exports.complete_months(connection, organization_id)
    wanted = list(names) if selection.client_id is None else [selection.client_id]
    figures = [
        figure
        for client_id in wanted
        for figure in _figures(connection, organization_id, selection, client_id, everybody=len(wanted) > 1)
    ]
    order = {metric: at for at, metric in enumerate(selection.metrics)}
    figures.sort(key=lambda figure: order[figure.metric])
    rows = [_row(organization_id, names, formats, figure, complete) for figure in figures]
    scale = max((_scale(figure.value) for figure in figures if figure.value is not None), default=0)
    snapshot = scope.snapshot(connection, organization_id)
    return Table(
        name="figures",
        columns=tuple(Column("value", "decimal", scale) if one.name == "value" else one for one in COLUMNS),
        rows=rows,
        about=(
            ("Organization", f"{about.name} ({organization_id})"),
            ("Metrics", ", ".join(selection.metrics)),
            ("Periods", f"{selection.periods[0]} to {selection.periods[-1]}"),
            ("Clients", "the organization as a whole and every client" if selection.client_id is None
             else names[selection.client_id]),
            ("Currency", about.currency),
            ("Time zone of months", about.time_zone),
            ("Data as of", utc(snapshot.as_of)),
            ("Fractions", "value holds 0.125 where shown reads 12.5%"),
            ("Missing", "an empty value is not zero; the column reason says why there is none"),
        ),
    )  # fmt: skip


def _figures(
    connection: Connection[Any], organization_id: str, selection: Selection, client_id: str, *, everybody: bool
) -> Iterator[Figure]:
    """The figures of one client or of the whole; among many clients, those that have no row at all are left out."""
    names, periods = list(selection.metrics), list(selection.periods)
    if not selection.is_quarterly:
        found = metrics.monthly(connection, organization_id, names, periods, client_id)
    else:
        # Of the whole organization a quarter shows its SmartNumber, as the slides and `qbr explain` do.
        numbers = smartnumbers.numbers_over(connection, organization_id, names, periods) if client_id == "all" else {}
        others = [name for name in names if name not in numbers]
        found = numbers | metrics.quarterly(connection, organization_id, others, periods, client_id)
    for name in names:
        figures = found[name].figures
        if everybody and client_id != "all" and all(figure.receipt.method == "none" for figure in figures):
            continue
        yield from figures


def _refuse_unknown(connection: Connection[Any], organization_id: str, selection: Selection) -> None:
    places = exports.places_of_metrics(connection, organization_id)
    if unknown := [metric for metric in selection.metrics if metric not in places]:
        raise UnknownScope(
            f"The marts of {organization_id} hold no metric {', '.join(map(repr, unknown))}, so nothing was exported. "
            "docs/metrics.md lists them all."
        )
    quarterly = [metric for metric in selection.metrics if not places[metric][0]]
    if quarterly and not selection.is_quarterly:
        raise UnknownScope(
            f"{', '.join(quarterly)} is a figure of quarters; give quarters, such as --from 2026-Q1 --to 2026-Q2. "
            "Nothing was exported."
        )
    if quarterly and selection.client_id not in {"all", None}:
        raise UnknownScope(
            f"{', '.join(quarterly)} describes the organization as a whole; leave --client out. Nothing was exported."
        )


def _row(
    organization_id: str, names: dict[str, str], formats: Formats, figure: Figure, complete: frozenset[str]
) -> tuple[object, ...]:
    receipt, months = figure.receipt, _months(figure.period)
    return (
        organization_id,
        figure.client_id,
        names.get(figure.client_id, figure.client_id),
        figure.metric,
        figure.label,
        figure.period,
        figure.value,
        figure.unit,
        formats.currency if figure.unit == "usd" else None,
        formats.with_unit(figure.value, figure.unit, places=places_of(figure)),
        (figure.reason or "no reason recorded") if figure.value is None else None,
        all(month in complete for month in months),
        figure.months,
        receipt.method,
        receipt.basis,
        receipt.source,
        receipt.model,
        receipt.source_rows,
        receipt.freshest_at,
        receipt.note,
    )


def _months(period: str) -> list[str]:
    return [str(one) for one in Quarter.parse(period).periods] if "Q" in period else [str(Period.parse(period))]


def _scale(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
