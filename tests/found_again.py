"""A figure of a deck found again by its receipt alone: read from the row that it names, or worked out from its inputs.

Shares no code with the views: statements of its own, and of the receipt what a person reads in the speaker notes.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import psycopg
from psycopg import sql

from reports.views.figures import Figure
from warehouse.periods import Period, Quarter

STATED = r"(\S+) (\d{4}-(?:Q\d|\d\d)) (\S+)"
LOSSES = {"contraction_mrr", "churn_mrr"}
REVENUE = "marts.fct_revenue_monthly"
OF_INVESTORS = {REVENUE, "marts.fct_investor_metrics"}
OF_CLIENT_AND_QUARTER = {
    f"marts.fct_{name}"
    for name in ("fleet_overview", "fleet_health", "service_performance", "service_costs", "parts_and_rentals",
                 "value_delivered")
}  # fmt: skip
OF_CLIENT_AND_MONTH = {"marts.fct_service_calls_monthly", "marts.fct_rental_months"}
NAMED_BY = {
    "marts.fct_fleet_mix": "case when is_rest then 'all others' when equipment_type = 'unknown' then 'not known' "
    "else lower(equipment_type) end",
    "marts.fct_parts_categories": "case when is_rest then 'all others' when category = 'unknown' then 'not known' "
    "else lower(category) end",
    "marts.fct_fleet_units": "lower(equipment_id)",
    "marts.fct_recommendations": "lower(rule)",
}
"""Marts of a client's quarter with several rows, and which of them a figure speaks of."""
STATUSES = "('green', 'yellow', 'red')"
COUNTS = {
    "smartnumbers.all": "select count(*) from {smart}",
    "smartnumbers.known": "select count(value) from {smart}",
    "smartnumbers.green": "select count(*) from {smart} and status = 'green' and value is not null",
    "smartnumbers.judged": f"select count(*) from {{smart}} and status in {STATUSES} and value is not null",
    "commentary.crossed": "select count(*) from marts.fct_smartnumbers as now join marts.fct_smartnumbers as past "
    "using (organization_id, metric) where organization_id = %(organization_id)s and now.quarter = %(quarter)s "
    f"and past.quarter = %(before)s and now.is_headline and now.status in {STATUSES} and past.status in {STATUSES} "
    "and now.status <> past.status",
    "missing_inputs": "select count(*) from marts.fct_missing_inputs where {months}",
    "unmapped_accounts": "select count(distinct (account_id, report_group)) from marts.fct_unmapped_accounts "
    "where {months}",
    "clients.to_confirm": "select count(*) from marts.dim_clients where organization_id = %(organization_id)s "
    "and is_excluded is not true and client_id <> 'unassigned' and (is_unmatched or not is_confirmed)",
    "checks.all": "select count(*) from app.check_results where organization_id = %(organization_id)s",
    "checks.passed": "select count(*) from app.check_results where organization_id = %(organization_id)s and is_passed",
    "agreements.in_force": "select count(*) from {agreements}",
    "agreements.managed": "select count(*) from {agreements} and is_managed",
    "agreements.monthly_amount": "select sum(monthly_amount) from {agreements}",
}
PIECES = {
    "smart": "marts.fct_smartnumbers where organization_id = %(organization_id)s and quarter = %(quarter)s "
    "and is_headline",
    "months": "organization_id = %(organization_id)s and period = any(%(months)s)",
    "agreements": "marts.fct_agreements where organization_id = %(organization_id)s and client_id = %(client_id)s "
    "and coalesce(start_date, %(last_day)s) <= %(last_day)s and coalesce(end_date, %(last_day)s) >= %(last_day)s "
    "and case when is_cancelled then cancelled_date > %(last_day)s "
    "else coalesce(cancelled_date > %(last_day)s, true) end",
}


class NotFound(AssertionError):
    """A receipt that leads nowhere."""


class Warehouse:
    """The marts of one organization, asked as a reader of a deck of `quarter` would ask them."""

    def __init__(self, connection: psycopg.Connection[Any], organization_id: str, quarter: str) -> None:
        self.connection, self.organization_id, self.quarter = connection, organization_id, quarter

    def value(self, figure: Figure) -> Decimal | None:
        """What the receipt leads to. Raises NotFound when it leads nowhere."""
        note = figure.receipt.note or ""
        for pattern, worked_out in self._ways().items():
            if found := re.fullmatch(pattern, note):
                return worked_out(figure, *found.groups())
        if figure.metric in COUNTS or note.startswith("rows counted"):
            return self._count(figure)
        if figure.receipt.model == "marts.fct_source_freshness":
            source, what = figure.metric.split(".")
            column = {"records": "records", "rejected": "records_rejected"}[what]
            return self._read(
                f"select coalesce(sum({column}), 0) from marts.fct_source_freshness "
                "where organization_id = %(organization_id)s and source = %(source)s",
                source=source,
            )
        if figure.receipt.column is not None:
            return self._column(figure, figure.period)
        if figure.metric.startswith("endpoints."):
            return self._devices(figure, figure.metric.removeprefix("endpoints."), figure.period)
        return self._metric(figure.metric, figure.period, figure.client_id)

    def definition(self, figure: Figure) -> str | None:
        """What the figure is: of its metric or its column as the warehouse tells it, or of how it is worked out."""
        metric, receipt = figure.metric.split(".")[0], figure.receipt
        known = self._ask("select formula from marts.dim_metrics where metric = %(metric)s", metric=metric)
        if known is None and receipt.column is not None:
            schema, table = receipt.model.split(".")
            known = self._ask(
                "select col_description(to_regclass(%(model)s), ordinal_position) "
                "from information_schema.columns where table_schema = %(schema)s and table_name = %(table)s "
                "and column_name = %(column)s",
                schema=schema, table=table, column=receipt.column, model=receipt.model,
            )  # fmt: skip
        return known or receipt.note

    def model_exists(self, figure: Figure) -> bool:
        """Whether the model that the receipt names is a table of the warehouse."""
        schema, _, table = figure.receipt.model.rpartition(".")
        return bool(self._ask(
            "select count(*) from information_schema.tables where table_name = %(table)s "
            "and (%(schema)s = '' or table_schema = %(schema)s)", table=table, schema=schema,
        ))  # fmt: skip

    def _ways(self) -> dict[str, Callable[..., Decimal | None]]:
        return {
            rf"{STATED} minus {STATED}": self._difference,
            rf"\({STATED} minus {STATED}\) divided by the size of {STATED}": self._share,
            rf"sum of ({STATED}(?:, {STATED})+)": self._sum,
            r"sum over the \d+ clients with a value beside (.*)": self._other_clients,
            r"clients counted that have devices, beside (.*)": self._count_other_clients,
            r"taken away.*": lambda figure: _less(self._column(figure, figure.period)),
            r"\w+ of (\d{4}-\d\d)": self._column,
            r"part of the change of (\S+) since (\S+?)(?:: (.*))?": self._part,
        }

    def _difference(self, figure: Figure, *stated: str) -> Decimal | None:
        later, earlier = (self._stated(figure, *stated[at : at + 3]) for at in (0, 3))
        return None if later is None or earlier is None or figure.value is None else later - earlier

    def _share(self, figure: Figure, *stated: str) -> Decimal | None:
        change, of = self._difference(figure, *stated[:6]), self._stated(figure, *stated[6:])
        return None if change is None or not of else change / abs(of)

    def _sum(self, figure: Figure, stated: str, *_: str) -> Decimal | None:
        parts = [self._stated(figure, *part.split(" ")) for part in stated.split(", ")]
        return None if None in parts else sum((part for part in parts if part is not None), Decimal(0))

    def _stated(self, figure: Figure, metric: str, period: str, told: str) -> Decimal | None:
        """An input that a receipt names, which must be what the marts say of it."""
        model = figure.receipt.model
        if model in OF_INVESTORS:
            found = self._of_investors(metric, period, model)
        elif model == "marts.fct_smartnumbers":
            found = self._read("select value from marts.fct_smartnumbers where organization_id = %(organization_id)s "
                               "and quarter = %(at)s and metric = %(metric)s", at=period, metric=metric)  # fmt: skip
        else:
            found = self._metric(metric, period, figure.client_id)
        if str(found) != told:
            raise NotFound(f"{figure.metric}: its receipt says {metric} {period} is {told}, the marts {found}")
        return found

    def _metric(self, metric: str, period: str, client_id: str) -> Decimal | None:
        mart, column = ("fct_metrics_quarterly", "quarter") if "Q" in period else ("fct_metrics_monthly", "period")
        return self._read(
            f"select value from marts.{mart} where organization_id = %(organization_id)s and {column} = %(at)s "
            "and metric = %(metric)s and client_id = %(client_id)s", at=period, metric=metric, client_id=client_id,
        )  # fmt: skip

    def _of_investors(self, metric: str, period: str, model: str) -> Decimal | None:
        if "Q" in period and metric in {"opening_mrr", "closing_mrr"}:
            months = [str(month) for month in Quarter.parse(period).periods]
            column, period = ("opening_mrr", months[0]) if metric == "opening_mrr" else ("mrr_run_rate", months[2])
        else:
            column = metric
        found = self._read(f"select {column} from {model} where organization_id = %(organization_id)s "
                           "and period = %(at)s", at=period)  # fmt: skip
        return _less(found) if metric in LOSSES else found

    def _column(self, figure: Figure, period: str) -> Decimal | None:
        model, column = figure.receipt.model, figure.receipt.column
        of = figure.metric.partition(".")[2].lower()
        where = {
            **dict.fromkeys(OF_INVESTORS, "period = %(at)s"),
            **dict.fromkeys(OF_CLIENT_AND_QUARTER, "client_id = %(client_id)s and quarter = %(quarter)s"),
            **dict.fromkeys(OF_CLIENT_AND_MONTH, "client_id = %(client_id)s and period = %(at)s"),
            **{mart: f"client_id = %(client_id)s and quarter = %(quarter)s and {name} = %(of)s"
               for mart, name in NAMED_BY.items()},
            "marts.fct_fleet_spend_trends": "client_id = %(client_id)s and quarter = %(quarter)s "
            "and trend_quarter = %(at)s",
            "marts.fct_smartnumbers": "quarter = %(at)s and metric = %(metric)s",
            "marts.fct_agreements": "client_id = %(client_id)s and agreement_id = split_part(%(of)s, '.', 1)",
        }.get(model)  # fmt: skip
        if where is None:
            raise NotFound(f"{figure.metric}: nobody knows which row of {model} is meant")
        return self._read(
            f"select {column} from {model} where organization_id = %(organization_id)s and {where}",
            at=period, client_id=figure.client_id, of=of, metric=figure.metric.split(".")[0],
        )  # fmt: skip

    def _part(self, figure: Figure, whole: str, since: str, how: str | None) -> Decimal | None:
        """One of the parts that add up to a change."""
        metric, part = figure.metric.split(".driver.")
        if how and (found := re.fullmatch(r"sum of the \d+ parts beside (.*)", how)):
            named = [self._row_of_part(figure, metric, one, since) for one in found[1].split(", ")]
            return Decimal(whole) - sum(named, Decimal(0))
        if how and (found := re.fullmatch(
            rf"\({STATED} minus {STATED}\) times {STATED} divided by {STATED}, to four decimals", how
        )):  # fmt: skip
            now, then, hours, by = (self._stated(figure, *found.groups()[at : at + 3]) for at in (0, 3, 6, 9))
            if now is None or then is None or hours is None or by is None:
                raise NotFound(f"{figure.metric}: an input of it has no value")
            return ((now - then) * hours / by).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
        if how and (found := re.fullmatch(r"what is left beside the number of tickets, (\S+)", how)):
            return Decimal(whole) - Decimal(found[1])
        if how and how.startswith("what is left beside "):
            rows = re.findall(r"(?:^|, )(.+?) (-?[\d.]+)(?=, |$)", how.removeprefix("what is left beside "))
            return Decimal(whole) - sum(
                (self._row_of_part(figure, metric, name, since) for name, _ in rows), Decimal(0)
            )
        return self._row_of_part(figure, metric, part, since)

    def _row_of_part(self, figure: Figure, metric: str, part: str, since: str) -> Decimal:
        model = figure.receipt.model
        if model == "marts.fct_device_months":
            node_class = part.replace(" ", "_")
            return self._devices(figure, node_class, figure.period) - self._devices(figure, node_class, since)
        if model == "marts.fct_tickets":
            now, then = (
                self._ask(
                    "select count(*) from marts.fct_tickets where organization_id = %(organization_id)s "
                    "and client_id = %(client_id)s and is_reactive and coalesce(board_name, 'no board') = %(part)s "
                    "and entered_period = any(%(in_months)s)",
                    client_id=figure.client_id, part=part,
                    in_months=[str(month) for month in Quarter.parse(quarter).periods],
                )
                for quarter in (figure.period, since)
            )  # fmt: skip
            return Decimal(now) - Decimal(then)
        name = {"marts.fct_smartnumber_drivers": "driver", "marts.fct_smartnumber_client_drivers": "client_id"}[model]
        found = self._read(
            f"select sum(contribution) from {model} where organization_id = %(organization_id)s "
            f"and quarter = %(at)s and metric = %(metric)s and {name} = %(part)s",
            at=figure.period, metric=metric, part=part,
        )  # fmt: skip
        if found is None:
            raise NotFound(f"{figure.metric}: no row of {model} holds it")
        return found

    def _devices(self, figure: Figure, node_class: str, period: str) -> Decimal:
        return Decimal(self._ask(
            "select count(distinct device_id) from marts.fct_device_months where organization_id = %(organization_id)s "
            "and client_id = %(client_id)s and period = %(at)s and lower(node_class) = %(class)s and is_endpoint "
            "and snapshot_date is not null", **{"class": node_class, "at": period, "client_id": figure.client_id},
        ))  # fmt: skip

    def _other_clients(self, figure: Figure, beside: str) -> Decimal | None:
        return self._read(
            "select sum(value) from marts.fct_metrics_monthly where organization_id = %(organization_id)s "
            "and period = %(at)s and metric = %(metric)s and client_id <> 'all' and not client_id = any(%(named)s)",
            at=figure.period, metric=figure.metric, named=beside.split(", "),
        )  # fmt: skip

    def _count_other_clients(self, figure: Figure, beside: str) -> Decimal | None:
        return self._read(
            "select count(distinct client_id) from marts.fct_metrics_monthly where value <> 0 "
            "and organization_id = %(organization_id)s and period = %(at)s and client_id <> 'all' "
            "and metric in ('endpoints_managed', 'seats_managed') and not client_id = any(%(named)s)",
            at=figure.period, named=beside.split(", "),
        )  # fmt: skip

    def _count(self, figure: Figure) -> Decimal | None:
        if found := re.fullmatch(r"smartnumbers\.(\w+)\.(\w+)\.more", figure.metric):
            block, status = found.groups()
            return Decimal(self._ask(f"select count(*) from {PIECES['smart']} and block = %(block)s "
                                     "and status = %(status)s", block=block, status=status)) - 1  # fmt: skip
        if found := re.fullmatch(r"(\w+)\.streams", figure.metric):
            return Decimal(self._ask("select count(*) from marts.fct_source_freshness where source = %(source)s "
                                     "and organization_id = %(organization_id)s", source=found[1]))  # fmt: skip
        if figure.metric not in COUNTS:
            raise NotFound(f"{figure.metric}: nobody knows what was counted")
        last = Quarter.parse(self.quarter)
        return self._read(
            COUNTS[figure.metric].format(**PIECES), client_id=figure.client_id, before=str(last - 1),
            months=[str(month) for month in last.periods], last_day=_last_day(last),
        )  # fmt: skip

    def _read(self, statement: str, **given: Any) -> Decimal | None:
        found = self._ask(statement, **given)
        return None if found is None else Decimal(found)

    def _ask(self, statement: str, **given: Any) -> Any:
        everything = {"organization_id": self.organization_id, "quarter": self.quarter, **given}
        rows = self.connection.execute(sql.SQL(statement), everything).fetchall()
        if len(rows) > 1:
            raise NotFound(f"{len(rows)} rows instead of one: {statement}")
        return rows[0][0] if rows else None


def _less(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


def _last_day(quarter: Quarter) -> date:
    return (Period.parse(str(quarter.periods[2])) + 1).first_day - timedelta(days=1)
