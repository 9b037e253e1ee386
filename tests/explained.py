"""What tests of explanations share: the rows of a mart, and whether the parts of a figure add up to it."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from orchestration.explanation import Composition


def figures(session: psycopg.Connection[Any], mart: str) -> list[dict[str, Any]]:
    with session.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"select * from marts.{mart}").fetchall()  # type: ignore[arg-type]


def definitions(session: psycopg.Connection[Any]) -> dict[str, dict[str, Any]]:
    return {row["metric"]: row for row in figures(session, "dim_metrics")}


def differs(made: Composition, value: Decimal | None, scale: int) -> bool:
    if value is None:
        return made.result is not None
    unit = Decimal(1).scaleb(-scale)
    return made.result is None or made.result.quantize(unit, ROUND_HALF_EVEN) != value.quantize(unit, ROUND_HALF_EVEN)
