"""The metric reference, written from the dbt project: its catalogue of metrics and the marts' own YAML."""

from __future__ import annotations

import csv
from typing import Any

import yaml

from orchestration.transformation import PROJECT

CATALOGUE = PROJECT / "seeds" / "metric_definitions.csv"
MARTS = PROJECT / "models" / "marts"
INTRODUCTION = (
    "Written by `make docs` from the dbt project; a test fails when it is out of date. Fractions are stored as "
    "fractions (0.125) and shown as percent (12.5%). A value that cannot be computed is NULL with a reason.\n"
)
COLUMNS = ("key", "name", "unit", "quarter", "better", "formula", "no value when")


def page() -> str:
    """The whole page as Markdown."""
    metrics = _metrics()
    smartnumbers = [row for row in metrics if row["is_headline"] == "true"]
    variants = [row for row in metrics if row["is_smartnumber"] == "true" and row["is_headline"] != "true"]
    monthly = [row for row in metrics if row["is_monthly_input"] == "true"]
    other = [row for row in metrics if row not in (*smartnumbers, *variants, *monthly)]
    parts = [
        "# Metrics\n",
        INTRODUCTION,
        *_section("SmartNumbers", smartnumbers),
        *_section("Variants under their own names", variants),
        *_section("Monthly inputs", monthly),
        *_section("Further monthly figures", other),
        "## Marts\n",
        "| mart | what a row is | columns |\n| --- | --- | --- |",
        *(
            f"| `{name}` | {_cell(model['description'])} | {', '.join(f'`{c}`' for c in columns)} |"
            for name, model, columns in _marts()
        ),
    ]
    return "\n".join(parts) + "\n"


def _metrics() -> list[dict[str, str]]:
    with CATALOGUE.open(newline="") as file:
        return list(csv.DictReader(file))


def _section(title: str, rows: list[dict[str, str]]) -> list[str]:
    lines = [
        f"## {title}\n",
        f"| {' | '.join(COLUMNS)} |",
        "| --- " * len(COLUMNS) + "|",
    ]
    for row in sorted(rows, key=lambda one: int(one["position"] or 0)):
        cells = ("label", "unit", "aggregation", "better", "formula", "null_rule")
        lines.append(f"| `{row['metric']}` | " + " | ".join(_cell(row[cell]) for cell in cells) + " |")
    return [*lines, ""]


def _marts() -> list[tuple[str, dict[str, Any], list[str]]]:
    files = sorted(MARTS.rglob("*.yml"), key=lambda one: one.stem)
    models = [model for path in files for model in yaml.safe_load(path.read_text()).get("models") or []]
    return [(model["name"], model, [column["name"] for column in model.get("columns", [])]) for model in models]


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
