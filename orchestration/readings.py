"""What the command line reads from the marts: SmartNumbers with their inputs, and one figure with its whole receipt."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from orchestration.errors import UsageError

Row = dict[str, Any]


def smartnumbers(connection: psycopg.Connection[Any], organization_id: str, quarter: str) -> list[Row]:
    """The 18 SmartNumbers of a quarter in their order, with inputs and comparisons.

    Raises :class:`UsageError` when the marts hold no such quarter.
    """
    found = rows(
        connection,
        """
        select metric, block, position, label, unit, scale, value, reason, status, is_incomplete, months_present,
            previous_quarter, previous_value, change, change_fraction, last_year_value, better, formula, inputs
        from marts.fct_smartnumbers
        where organization_id = %(organization_id)s and quarter = %(quarter)s and is_headline
        order by position
        """,
        {"organization_id": organization_id, "quarter": quarter},
    )
    if not found:
        raise UsageError(
            f"The marts hold no quarter {quarter} of {organization_id}. {_known_quarters(connection, organization_id)}"
        )
    return found


def quarters(connection: psycopg.Connection[Any], organization_id: str) -> list[str]:
    """The quarters that the marts hold for an organization, oldest first."""
    found = rows(
        connection,
        "select distinct quarter from marts.fct_smartnumbers where organization_id = %(organization_id)s order by 1",
        {"organization_id": organization_id},
    )
    return [str(row["quarter"]) for row in found]


def as_json(organization_id: str, quarter: str, rows: Sequence[Row]) -> Row:
    """The answer of ``qbr metrics --json``: values as strings of digits are numbers at the catalogue's scale."""
    return {
        "organization_id": organization_id,
        "quarter": quarter,
        "incomplete": any(row["is_incomplete"] for row in rows),
        "smartnumbers": {
            row["metric"]: {
                "value": row["value"],
                "unit": row["unit"],
                "reason": row["reason"],
                "status": row["status"],
                "previous": row["previous_value"],
                "inputs": row["inputs"] or {},
            }
            for row in rows
        },
    }


def find_definition(connection: psycopg.Connection[Any], metric: str) -> Row | None:
    """What a metric of the spine means; None for another."""
    found = rows(connection, "select * from marts.dim_metrics where metric = %(metric)s", {"metric": metric})
    return found[0] if found else None


def definition(connection: psycopg.Connection[Any], metric: str) -> Row:
    """What a metric means; raises :class:`UsageError` for one that nobody defined."""
    if found := find_definition(connection, metric):
        return found
    known = [str(row["metric"]) for row in rows(connection, "select metric from marts.dim_metrics", {})]
    near = difflib.get_close_matches(metric, known, n=3)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"There is no metric {metric!r}. {meant}docs/metrics.md lists them all.")


def monthly_figure(
    connection: psycopg.Connection[Any], organization_id: str, metric: str, period: str, client_id: str
) -> Row:
    """One monthly value with its provenance; raises :class:`UsageError` when there is no such row."""
    found = rows(
        connection,
        """
        select * from marts.fct_metrics_monthly
        where organization_id = %(organization_id)s and metric = %(metric)s and period = %(period)s
            and client_id = %(client_id)s
        """,
        {"organization_id": organization_id, "metric": metric, "period": period, "client_id": client_id},
    )
    if found:
        return found[0]
    if client_id != "all":
        raise UsageError(
            f"The marts hold no {metric} of {period} for the client {client_id!r} of {organization_id}. "
            f"{_known_clients(connection, organization_id, client_id)}"
        )
    raise UsageError(
        f"The marts hold no {metric} of {period} in {organization_id}. {_known_quarters(connection, organization_id)}"
    )


def quarterly_figure(connection: psycopg.Connection[Any], organization_id: str, metric: str, quarter: str) -> Row:
    """One SmartNumber with its inputs; raises :class:`UsageError` when there is no such row."""
    found = rows(
        connection,
        """
        select * from marts.fct_smartnumbers
        where organization_id = %(organization_id)s and metric = %(metric)s and quarter = %(quarter)s
        """,
        {"organization_id": organization_id, "metric": metric, "quarter": quarter},
    )
    if not found:
        raise UsageError(
            f"The marts hold no SmartNumber {metric} of {quarter} in {organization_id}. "
            f"{_known_quarters(connection, organization_id)}"
        )
    return found[0]


def quarterly_input(
    connection: psycopg.Connection[Any], organization_id: str, metric: str, quarter: str, client_id: str = "all"
) -> Row:
    """A monthly metric summed or averaged over a quarter; raises :class:`UsageError` when there is no such row."""
    found = rows(
        connection,
        """
        select * from marts.fct_metrics_quarterly
        where organization_id = %(organization_id)s and metric = %(metric)s and quarter = %(quarter)s
            and client_id = %(client_id)s
        """,
        {"organization_id": organization_id, "metric": metric, "quarter": quarter, "client_id": client_id},
    )
    if not found and client_id != "all":
        raise UsageError(
            f"The marts hold no {metric} of {quarter} for the client {client_id!r} of {organization_id}. "
            f"{_known_clients(connection, organization_id, client_id)}"
        )
    if not found:
        raise UsageError(
            f"The marts hold no {metric} of {quarter} in {organization_id}. "
            f"{_known_quarters(connection, organization_id)}"
        )
    return found[0]


def candidates(connection: psycopg.Connection[Any], figure: Row) -> list[Row]:
    """Everything that was offered for a monthly figure, the most trusted first."""
    return rows(
        connection,
        """
        select method, value, basis, reason, source, is_winner from marts.fct_metric_candidates
        where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
            and metric = %(metric)s
        order by rank
        """,
        figure,
    )


def versions(connection: psycopg.Connection[Any], figure: Row) -> list[Row]:
    """What a monthly figure has been since it was first published, oldest first."""
    return rows(
        connection,
        """
        select changed_at, value, method, reason from app.metric_history
        where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
            and metric = %(metric)s
        order by metric_history_id
        """,
        figure,
    )


def anomaly(connection: psycopg.Connection[Any], figure: Row) -> list[Row]:
    """Whether a monthly figure is unusual; nothing for a month that is not over."""
    return rows(
        connection,
        """
        select is_anomaly, median, months_before, reason from marts.fct_metric_anomalies
        where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
            and metric = %(metric)s
        """,
        figure,
    )


def forecast(connection: psycopg.Connection[Any], figure: Row) -> list[Row]:
    """What the month after this one is forecast to be; only of the newest month that is over."""
    return rows(
        connection,
        """
        select period, value, low, high, back_tests, mean_error, mean_error_of_last_value, reason
        from marts.fct_metric_forecasts
        where organization_id = %(organization_id)s and %(client_id)s = 'all' and metric = %(metric)s
            and period = to_char(to_date(%(period)s, 'YYYY-MM') + interval '1 month', 'YYYY-MM')
        """,
        figure,
    )


def labels(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """What every metric is called."""
    return {str(row["metric"]): str(row["label"]) for row in rows(connection, "select * from marts.dim_metrics", {})}


def client_name(connection: psycopg.Connection[Any], organization_id: str, client_id: str) -> str:
    """What a client is called; its id where nobody knows."""
    found = rows(
        connection,
        "select name from marts.dim_clients where organization_id = %(organization)s and client_id = %(client)s",
        {"organization": organization_id, "client": client_id},
    )
    return str(found[0]["name"]) if found else client_id


def drivers(connection: psycopg.Connection[Any], figure: Row) -> list[Row]:
    """What made a SmartNumber change, in the order of its formula."""
    return rows(
        connection,
        """
        select driver, label, unit, amount, previous_amount, contribution, reason
        from marts.fct_smartnumber_drivers
        where organization_id = %(organization_id)s and quarter = %(quarter)s and metric = %(metric)s
        order by position
        """,
        figure,
    )


def client_drivers(connection: psycopg.Connection[Any], figure: Row) -> list[Row]:
    """Which clients moved a SmartNumber, by their own rate or their share, the largest parts first."""
    return rows(
        connection,
        """
        select client_id, coalesce(clients.name, client_id) as name, effect, contribution
        from marts.fct_smartnumber_client_drivers
        left join marts.dim_clients as clients using (organization_id, client_id)
        where organization_id = %(organization_id)s and quarter = %(quarter)s and metric = %(metric)s
        order by effect = 'not_split', abs(contribution) desc, client_id, effect
        """,
        figure,
    )


def restated(connection: psycopg.Connection[Any], figure: Row) -> list[Row]:
    """What was presented of a figure of a frozen quarter, where that is not what it is now."""
    monthly = "fct_metrics_monthly" if "period" in figure else "fct_metrics_quarterly"
    return rows(
        connection,
        """
        select presented_value, cause, frozen_by, frozen_at from marts.fct_restatements
        where organization_id = %(organization_id)s and quarter = %(quarter)s and period = %(period)s
            and metric = %(metric)s and client_id = %(client_id)s and mart = %(mart)s
        """,
        {
            "client_id": "all",
            "period": figure["quarter"],
            **figure,
            "mart": "fct_smartnumbers" if "inputs" in figure else monthly,
        },
    )


def freshness(connection: psycopg.Connection[Any], organization_id: str) -> list[Row]:
    """Every stream of the organization with its last complete read."""
    return rows(
        connection,
        "select * from marts.fct_source_freshness where organization_id = %(organization_id)s order by source, stream",
        {"organization_id": organization_id},
    )


def plain(value: object) -> object:
    """A value as JSON writes it; decimals stay exact numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and -value.as_tuple().exponent <= 0 else float(value)  # type: ignore[operator]
    return str(value)


def _known_quarters(connection: psycopg.Connection[Any], organization_id: str) -> str:
    found = quarters(connection, organization_id)
    if not found:
        return "They hold nothing of it yet: run `qbr run` first."
    return f"They hold {found[0]} to {found[-1]}."


def _known_clients(connection: psycopg.Connection[Any], organization_id: str, client_id: str) -> str:
    found = rows(
        connection,
        "select client_id from marts.dim_clients where organization_id = %(organization_id)s order by 1",
        {"organization_id": organization_id},
    )
    known = [str(row["client_id"]) for row in found]
    if client_id in known:
        return "The client exists; only figures that can be told apart by client are kept for each."
    near = difflib.get_close_matches(client_id, known, n=3)
    meant = f"Did you mean {' or '.join(near)}?" if near else f"Its clients are: {', '.join(known)}."
    return f"It has no such client. {meant}"


def rows(connection: psycopg.Connection[Any], statement: str, parameters: Row) -> list[Row]:
    """The rows of a query over the marts; raises :class:`UsageError` where they are not built yet."""
    try:
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, parameters).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise UsageError("The marts are not built yet, so there is nothing to show. Run `qbr run` first.") from error
