"""What a figure without a value lacks at the root: the parts of its parts that nobody gave or read."""

from __future__ import annotations

import re
from typing import Any

import psycopg

from orchestration.readings import Row, rows

LACKS = "Cannot be calculated without "
"""How the reason of a figure begins that lacks others."""


def missing_parts(connection: psycopg.Connection[Any], figure: Row, reason: str) -> list[Row]:
    """What a monthly figure lacks at the root: the parts that its reason names, or the parts which those lack."""
    known = {
        str(row["metric"]): row
        for row in rows(
            connection,
            """
            select figures.metric, figures.reason, metrics.usual_source from marts.fct_metrics_monthly as figures
            inner join marts.dim_metrics as metrics using (metric)
            where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
                and value is null and reason is not null
            """,
            figure,
        )
    }
    roots: dict[str, Row] = {}
    waiting, seen = [reason], {str(figure["metric"])}
    while waiting:
        named = waiting.pop(0)
        if not named.startswith(LACKS):
            continue
        for metric in re.findall(r"\w+", named.removeprefix(LACKS)):
            if metric in known and metric not in seen:
                seen.add(metric)
                if known[metric]["reason"].startswith(LACKS):
                    waiting.append(known[metric]["reason"])
                else:
                    roots[metric] = known[metric]
    return list(roots.values())
