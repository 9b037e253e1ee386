"""What investors are shown: recurring revenue and what moved it, retention, runway, reliability."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views import metrics
from reports.views.figures import Figure, Receipt, Series, as_stated, freshest, reason_of
from reports.views.investor_rows import investor_metrics_by_month, revenue_by_month
from reports.views.query import Row
from reports.views.scope import Scope

_REVENUE = "marts.fct_revenue_monthly"
_INVESTOR = "marts.fct_investor_metrics"

MOVEMENTS = ("new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churn_mrr", "fx_mrr")
LOSSES = ("contraction_mrr", "churn_mrr")
"""Kept positive in the mart; they take away."""
STOCKS = ("mrr_run_rate", "arr", "paying_clients", "arpa")
RETENTION = (
    "net_revenue_retention_12_months",
    "gross_revenue_retention_12_months",
    "customer_churn_rate",
    "revenue_churn_rate",
)
CASH = ("cash_reserve", "cash_burn_monthly", "runway_months", "net_profit")
RELIABILITY = ("uptime_percentage_30d", "error_rate", "api_p95_latency_ms", "services_operational")
SHOWN = (*STOCKS, "mrr_growth_rate", "opening_mrr", *MOVEMENTS, *RETENTION, *CASH, *RELIABILITY)
"""Every metric that a slide of these views shows."""

_LABELS = {
    "mrr_run_rate": ("Monthly recurring revenue", "usd", "mrr_reason"),
    "arr": ("Annual recurring revenue", "usd", "mrr_reason"),
    "arpa": ("MRR per paying client", "usd", "mrr_reason"),
    "paying_clients": ("Paying clients", "count", "mrr_reason"),
    "opening_mrr": ("Opening MRR", "usd", "movement_reason"),
    "new_mrr": ("New", "usd", "movement_reason"),
    "expansion_mrr": ("Expansion", "usd", "movement_reason"),
    "reactivation_mrr": ("Reactivation", "usd", "movement_reason"),
    "contraction_mrr": ("Contraction", "usd", "movement_reason"),
    "churn_mrr": ("Churn", "usd", "movement_reason"),
    "fx_mrr": ("Exchange rates", "usd", "movement_reason"),
    "net_revenue_retention_12_months": ("Net revenue retention, 12 months", "fraction", "year_reason"),
    "gross_revenue_retention_12_months": ("Gross revenue retention, 12 months", "fraction", "year_reason"),
    "customer_churn_rate": ("Clients lost in the month", "fraction", "movement_reason"),
    "revenue_churn_rate": ("Revenue lost in the month", "fraction", "movement_reason"),
}
_SERVICE_LABELS = {
    "uptime_percentage_30d": ("Uptime, last 30 days of the month", "fraction"),
    "error_rate": ("Requests that failed", "fraction"),
    "api_p95_latency_ms": ("95 of 100 requests within, ms", "count"),
    "services_operational": ("Services in operation", "count"),
}


@dataclass(frozen=True, slots=True)
class Growth:
    """Recurring revenue, clients and what each pays, by month; the growth of a month against the one before."""

    months: Mapping[str, Series]
    growth: Series

    @property
    def is_empty(self) -> bool:
        """True when no month has recurring revenue."""
        return self.months["mrr_run_rate"].is_empty


@dataclass(frozen=True, slots=True)
class Bridge:
    """What moved recurring revenue: by month, and for the quarter beside the one before and last year's."""

    months: Mapping[str, Series]
    net: Series
    opening: Series
    parts: Mapping[str, Series]
    """One figure a quarter: last year's, the previous one, this one; losses are negative."""
    closing: Series

    @property
    def is_empty(self) -> bool:
        """True when no movement of the months is known."""
        return self.net.is_empty


@dataclass(frozen=True, slots=True)
class Measures:
    """Metrics by month, each with its own unit."""

    months: Mapping[str, Series]

    @property
    def is_empty(self) -> bool:
        """True when none has a value in any month."""
        return all(series.is_empty for series in self.months.values())


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures an investor looks at first, at the end of the quarter."""

    figures: tuple[Figure, ...]
    earlier: tuple[Figure, ...]
    """The same a year before."""

    @property
    def is_empty(self) -> bool:
        """True when none has a value."""
        return all(figure.value is None for figure in self.figures)


@dataclass(frozen=True, slots=True)
class About:
    """Figures of the quarter's last month that are not known."""

    gaps: tuple[Figure, ...]


def growth(connection: Connection[Any], scope: Scope) -> Growth:
    """Recurring revenue over thirteen months."""
    series = _revenue(connection, scope, scope.months, STOCKS)
    rate = scope.once(investor_metrics_by_month, connection, scope.organization_id, scope.months)
    name = "Growth on the month before"
    return Growth(series, _series("mrr_growth_rate", name, "fraction", scope.months, rate))


def bridge(connection: Connection[Any], scope: Scope) -> Bridge:
    """Movements by month and by quarter; opening, movements and closing of a quarter add up exactly."""
    monthly = {
        metric: _signed(series) for metric, series in _revenue(connection, scope, scope.months, MOVEMENTS).items()
    }
    net = Series(
        "net_new_mrr",
        "Net change",
        "usd",
        tuple(_added("net_new_mrr", "Net change", month, [monthly[metric].figures[at] for metric in MOVEMENTS])
              for at, month in enumerate(scope.months)),
    )  # fmt: skip
    opening, closing = [], []
    parts: dict[str, list[Figure]] = {metric: [] for metric in MOVEMENTS}
    for quarter in scope.quarters:
        months = _months_over(scope, quarter)
        found = _revenue(connection, scope, months, ("opening_mrr", "mrr_run_rate", *MOVEMENTS))
        opening.append(_renamed(found["opening_mrr"].figures[0], quarter))
        closing.append(_renamed(found["mrr_run_rate"].last, quarter))
        for metric in MOVEMENTS:
            series = _signed(found[metric])
            parts[metric].append(_added(metric, series.label, quarter, series.figures))
    return Bridge(
        monthly,
        net,
        Series("opening_mrr", "Opening MRR", "usd", tuple(opening)),
        {metric: Series(metric, _LABELS[metric][0], "usd", tuple(figures)) for metric, figures in parts.items()},
        Series("closing_mrr", "Closing MRR", "usd", tuple(closing)),
    )


def retention(connection: Connection[Any], scope: Scope) -> Measures:
    """Net and gross retention over twelve months, and what each month lost."""
    return Measures(_revenue(connection, scope, scope.months, RETENTION))


def runway(connection: Connection[Any], scope: Scope) -> Measures:
    """Cash, burn, runway and net profit."""
    return Measures(_metrics(connection, scope, CASH))


def reliability(connection: Connection[Any], scope: Scope) -> Measures:
    """Uptime, failed requests, how fast answers come, services in operation."""
    found = scope.once(investor_metrics_by_month, connection, scope.organization_id, scope.months)
    return Measures(
        {metric: _series(metric, label, unit, scope.months, found) for metric, (label, unit) in _SERVICE_LABELS.items()}
    )


def overview(connection: Connection[Any], scope: Scope) -> Overview:
    """Eight figures at the quarter's end and a year before."""
    revenue = _revenue(connection, scope, scope.months, (*STOCKS, *RETENTION[:2]))
    cash = _metrics(connection, scope, CASH[:3])
    service = reliability(connection, scope).months
    wanted = [
        *(revenue[metric] for metric in ("mrr_run_rate", "arr", "paying_clients")),
        *(revenue[metric] for metric in RETENTION[:2]),
        cash["cash_reserve"],
        cash["runway_months"],
        service["uptime_percentage_30d"],
    ]
    return Overview(tuple(series.last for series in wanted), tuple(series.figures[0] for series in wanted))


def about(connection: Connection[Any], scope: Scope) -> About:
    """What is missing at the quarter's end."""
    series = [
        *growth(connection, scope).months.values(),
        *retention(connection, scope).months.values(),
        *runway(connection, scope).months.values(),
        *reliability(connection, scope).months.values(),
    ]
    return About(tuple(line.last for line in series if line.last.value is None))


def _metrics(connection: Connection[Any], scope: Scope, wanted: tuple[str, ...]) -> dict[str, Series]:
    return scope.once(metrics.monthly, connection, scope.organization_id, wanted, scope.months)


def _months_over(scope: Scope, quarter: str) -> tuple[str, ...]:
    """The quarter's months up to the last that is over; its first one where none is."""
    year, number = quarter.split("-Q")
    months = [f"{year}-{month:02d}" for month in range(int(number) * 3 - 2, int(number) * 3 + 1)]
    return tuple(month for month in months if month <= scope.quarter.last_complete_month) or (months[0],)


def _revenue(
    connection: Connection[Any], scope: Scope, months: Sequence[str], columns: Sequence[str]
) -> dict[str, Series]:
    found = scope.once(revenue_by_month, connection, scope.organization_id, tuple(months))
    series = {}
    for column in columns:
        label, unit, reason = _LABELS[column]
        figures = tuple(
            _figure(column, label, unit, month, found.get(month), reason=reason, model=_REVENUE, source="stripe")
            for month in months
        )
        series[column] = Series(column, label, unit, figures)
    return series


def _series(metric: str, label: str, unit: str, months: Sequence[str], found: Mapping[str, Row]) -> Series:
    source = "stripe" if unit == "usd" or metric.startswith("mrr") else "opsdb"
    return Series(
        metric,
        label,
        unit,
        tuple(
            _figure(
                metric, label, unit, month, found.get(month), reason=f"{metric}_why", model=_INVESTOR, source=source
            )
            for month in months
        ),
    )


def _figure(
    metric: str, label: str, unit: str, month: str, row: Row | None, *, reason: str, model: str, source: str
) -> Figure:
    value = None if row is None else row.get(metric)
    source_rows, freshest_at = (None, None) if row is None else row["behind"].get(metric, (None, None))
    why = "outside the months this organization has figures for" if row is None else _for_investors(row.get(reason))
    return Figure(
        metric=metric,
        label=label,
        period=month,
        value=None if value is None else Decimal(value),
        unit=unit,
        reason=None if value is not None else why or "the marts give no reason",
        receipt=Receipt(model, metric, source=source, source_rows=source_rows, freshest_at=freshest_at),
    )


def _for_investors(reason: str | None) -> str | None:
    """A reason without the names of tables, which tell an investor nothing."""
    is_unmapped = reason is not None and reason.startswith("No table of an operational database is mapped")
    return "Nothing that measures it is connected." if is_unmapped else reason


def _signed(series: Series) -> Series:
    """Losses as what they take away."""
    if series.metric not in LOSSES:
        return series
    figures = tuple(
        replace(
            figure,
            value=None if figure.value is None else -figure.value,
            receipt=replace(figure.receipt, note="taken away: the mart's value with its sign turned"),
        )
        for figure in series.figures
    )
    return Series(series.metric, series.label, series.unit, figures)


def _renamed(figure: Figure, quarter: str) -> Figure:
    """A month's end figure as its quarter's."""
    is_opening = figure.metric == "opening_mrr"
    return replace(
        figure,
        metric="opening_mrr" if is_opening else "closing_mrr",
        label="Opening MRR" if is_opening else "Closing MRR",
        period=quarter,
        receipt=replace(figure.receipt, note=f"{figure.metric} of {figure.period}"),
    )


def _added(metric: str, label: str, period: str, figures: Sequence[Figure]) -> Figure:
    """The sum of the figures; without a value when one of them has none."""
    lacking = next((figure for figure in figures if figure.value is None), None)
    return Figure(
        metric=metric,
        label=label,
        period=period,
        value=None if lacking else sum((figure.value or Decimal(0) for figure in figures), Decimal(0)),
        unit="usd",
        reason=None if lacking is None else reason_of(lacking),
        receipt=Receipt(
            model=_REVENUE,
            source="stripe",
            freshest_at=freshest(figures),
            note=f"sum of {', '.join(as_stated(figure) for figure in figures)}",
        ),
        months=len({figure.period for figure in figures}),
    )
