"""What tests of explanations share: rows of a mart, whether parts add up, whether an explanation is plain language."""

import re
from collections import Counter
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from orchestration import explanation
from orchestration.cli.explain import Teller
from orchestration.explanation import Composition
from warehouse.organizations import Organization


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


def every(_: dict[str, Any]) -> bool:
    return True


def months_that_differ(
    session: psycopg.Connection[Any], chosen: Callable[[dict[str, Any]], bool] = every
) -> tuple[list[Any], Counter[str]]:
    """Monthly figures whose parts come to something else, and of how many each kind of parts speaks."""
    known, kinds, wrong = definitions(session), Counter[str](), []
    for row in filter(chosen, figures(session, "fct_metrics_monthly")):
        made = explanation.of_month(session, known[row["metric"]], row)
        kinds[made.kind] += 1
        if differs(made, row["value"], known[row["metric"]]["scale"]):
            wrong.append((row["organization_id"], row["client_id"], row["period"], row["metric"], row["value"], made))
    return wrong, kinds


def quarters_that_differ(
    session: psycopg.Connection[Any], chosen: Callable[[dict[str, Any]], bool] = every
) -> list[Any]:
    """Quarterly figures whose months come to something else."""
    known, wrong = definitions(session), []
    for row in filter(chosen, figures(session, "fct_metrics_quarterly")):
        made = explanation.of_quarter(session, known[row["metric"]], row)
        scale = 4 if row["aggregation"] == "average" else known[row["metric"]]["scale"]
        if differs(made, row["value"], scale):
            wrong.append((row["metric"], row["quarter"], row["client_id"], row["value"], made))
    return wrong


def smartnumbers_that_differ(session: psycopg.Connection[Any]) -> tuple[list[Any], int]:
    """SmartNumbers whose formula comes to something else, and how many have a value."""
    known, found, wrong = definitions(session), figures(session, "fct_smartnumbers"), []
    for row in found:
        made = explanation.of_smartnumber(known[row["metric"]], row)
        if differs(made, row["value"], row["scale"]):
            wrong.append((row["organization_id"], row["quarter"], row["metric"], row["value"], made))
    return wrong, len([row for row in found if row["value"] is not None])


def told(session: psycopg.Connection[Any], mart: str, row: dict[str, Any], definition: dict[str, Any]) -> list[str]:
    """What `qbr explain` prints of a row of a mart."""
    organization = Organization(id=row["organization_id"], name="North", time_zone="America/Chicago")
    teller = Teller(session, organization, definition, row.get("client_id", "all"))
    return list(teller.month(row["period"]) if mart == "fct_metrics_monthly" else teller.quarter(row["quarter"]))


def flaws(lines: list[str], value: Decimal | None) -> list[str]:
    """What a reader who knows no tables would stumble over; that a figure has no value must be told, and what helps."""
    found = []
    for line in lines[:-1]:  # the last is for analysts
        words = re.sub(r"`[^`]*`|config/[\w-]+\.yml|period,metric,value,note", "", line)
        found += [f"{word!r} is no word: {line}" for word in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", words)]
        if re.search(r"\b(NULL|None|select|nan)\b", words):
            found.append(line)
    said = [line.partition(":")[0] for line in lines]
    if value is None and ("Why none" not in said or "What to do" not in said or not lines[0].endswith("no figure")):
        found.append("Nobody says why there is none.")
    if value is not None and (lines[0].endswith("no figure") or "Made of" not in said):
        found.append("Nobody says what it is made of.")
    if not lines[-1].startswith("To look up:"):
        found.append("An analyst cannot find it.")
    return found
