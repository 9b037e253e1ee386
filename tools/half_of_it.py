"""Takes half of what the decks show away from the marts, in a transaction that is never committed."""

from typing import Any

from psycopg import Connection, errors, sql

REASON = "left out, to see the slide without it"
BY_METRIC = {
    "fct_metrics_monthly": ("value",),
    "fct_metrics_quarterly": ("value",),
    "fct_smartnumbers": ("value", "change", "change_fraction", "last_year_value"),
}
"""Marts with a row a metric, and what a row without a value lacks."""
BY_COLUMN = (
    "fct_revenue_monthly", "fct_investor_metrics", "fct_agreements", "fct_fleet_overview", "fct_fleet_health",
    "fct_fleet_mix", "fct_fleet_units", "fct_service_performance", "fct_service_calls_monthly", "fct_service_costs",
    "fct_fleet_spend_trends", "fct_parts_and_rentals", "fct_parts_categories", "fct_rental_months",
    "fct_value_delivered",
)  # fmt: skip
"""Marts with a column a figure: every second of them goes."""


def take_half_away(connection: Connection[Any]) -> None:
    """Every second metric and every second column without values, each with a reason. The caller rolls back."""
    for mart, columns in BY_METRIC.items():
        gone = ", ".join(f"{column} = null" for column in columns)
        status = ", status = 'grey'" if mart == "fct_smartnumbers" else ""
        connection.execute(
            f"update marts.{mart} set {gone}{status}, reason = %s where length(metric) %% 2 = 0",  # type: ignore[arg-type]  # noqa: S608 - names above
            [REASON],
        )
    for mart in BY_COLUMN:
        found = connection.execute(
            "select column_name, data_type from information_schema.columns where table_schema = 'marts' "
            "and table_name = %s order by ordinal_position",
            [mart],
        ).fetchall()
        figures = [name for name, kind in found if kind in {"numeric", "integer", "bigint"} and name != "position"]
        reasons = [name for name, kind in found if kind == "text" and name.endswith("reason")]
        for name in figures[1::2]:
            _put(connection, mart, name, "null")
        for name in reasons:
            _put(connection, mart, name, "coalesce({}, %(reason)s)")


def _put(connection: Connection[Any], mart: str, column: str, value: str) -> None:
    statement = sql.SQL("update {} set {} = " + value.replace("{}", column)).format(  # type: ignore[arg-type]  # noqa: S608
        sql.Identifier("marts", mart), sql.Identifier(column)
    )
    try:
        with connection.transaction():
            connection.execute(statement, {"reason": REASON})
    except errors.NotNullViolation:
        return  # it is never missing
