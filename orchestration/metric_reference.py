"""The metric reference, written from the dbt project: metrics defined, columns of marts that carry one, unit tests.

Which metrics there must be is another list (``dbt_project/metric_keys.yml``); a test holds the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import yaml

from orchestration.transformation import PROJECT
from warehouse.metrics import definitions

MODELS = PROJECT / "models"
KEYS = PROJECT / "metric_keys.yml"
INTRODUCTION = (
    "Written by `make docs` from the dbt project; a test fails when it is out of date. Fractions are stored as "
    "fractions (0.125) and shown as percent (12.5%). A value that cannot be computed is NULL with a reason. The "
    "figures of the first four sections are rows of `fct_metrics_monthly`, `fct_metrics_quarterly` and "
    "`fct_smartnumbers`; those of the fifth are columns of the mart named.\n"
)
COLUMNS = (
    *("key", "definition", "unit", "grain", "quarter", "better", "formula", "no value when"),
    *("source", "owner", "test"),
)
SPINE = {"month": "organization, client and month", "quarter": "organization and quarter"}
OWNERS = {
    "Support Tickets": "operations",
    "Devices": "operations",
    "Revenue": "finance",
    "Expenses": "finance",
    "Profit": "finance",
    "Cash": "finance",
    "Intermediate": "finance",
}
"""The group that answers for a metric of the project's own seed; a domain's seed names its group itself."""
ENTERED = "only_the_entry_that_holds_is_a_candidate"
"""The unit test of every figure that is entered and not calculated."""
SHOWN_TESTS = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the reference: a metric and everything a reader must know to use it."""

    key: str
    place: str
    definition: str
    unit: str
    grain: str
    formula: str
    null_rule: str
    source: str
    owner: str
    tests: str
    aggregation: str = "-"
    better: str = "-"

    def lacking(self) -> list[str]:
        """The fields that are empty."""
        return [field.name for field in fields(self) if not getattr(self, field.name)]


class Project:
    """The YAML of the dbt project, as far as the reference reads it."""

    @cached_property
    def files(self) -> list[dict[str, Any]]:
        """Every properties file, in the order of the tree."""
        return [yaml.safe_load(path.read_text()) or {} for path in sorted(MODELS.rglob("*.yml"))]

    @cached_property
    def marts(self) -> dict[str, dict[str, Any]]:
        """The marts by name, each as its YAML describes it."""
        paths = sorted((MODELS / "marts").rglob("*.yml"), key=lambda one: one.stem)
        found = [model for path in paths for model in (yaml.safe_load(path.read_text()) or {}).get("models") or []]
        return {model["name"]: model for model in sorted(found, key=lambda one: str(one["name"]))}

    @cached_property
    def owners(self) -> dict[str, str]:
        """The owner of every group."""
        return {one["name"]: one["owner"]["name"] for file in self.files for one in file.get("groups") or []}

    @cached_property
    def unit_tests(self) -> list[tuple[str, str, set[str]]]:
        """Name, model and every word of each unit test."""
        return [
            (str(one["name"]), str(one["model"]), set(re.findall(r"\w+", str(one))))
            for file in self.files
            for one in file.get("unit_tests") or []
        ]

    def tests_of(self, key: str, models: Sequence[str] = ()) -> list[str]:
        """Names of the unit tests that speak of a metric or column; those of the models named where some are."""
        return [name for name, model, words in self.unit_tests if key in words and (not models or model in models)]

    def entries(self) -> list[Entry]:
        """Every metric: those of the seeds and those that are columns of a mart."""
        return [*self._of_seeds(), *self._of_columns()]

    def _of_seeds(self) -> Iterator[Entry]:
        for row in definitions():
            group = row["seed"].removeprefix("metric_definitions").lstrip("_") or OWNERS.get(
                row["category"], "smartnumbers"
            )
            tests = self.tests_of(row["metric"]) or ([ENTERED] if row["usual_source"] == "manual" else [])
            is_both = row["is_monthly"] == row["is_smartnumber"] == "true"
            grain = SPINE["month" if row["is_monthly"] == "true" else "quarter"] + (", and quarter" if is_both else "")
            yield Entry(
                key=row["metric"],
                place="fct_metrics_monthly" if row["is_monthly"] == "true" else "fct_smartnumbers",
                definition=row["label"],
                unit=row["unit"],
                grain=grain,
                formula=row["formula"],
                null_rule=row["null_rule"],
                source=row["usual_source"],
                owner=self.owners.get(group, ""),
                tests=_listed(tests),
                aggregation=row["aggregation"],
                better=row["better"],
            )

    def _of_columns(self) -> Iterator[Entry]:
        for name, model in self.marts.items():
            for column in model.get("columns") or []:
                meta = (column.get("config") or {}).get("meta") or {}
                if not meta.get("metric"):
                    continue
                tests = self.tests_of(column["name"]) or [
                    f"{next(iter(one)) if isinstance(one, dict) else one} of {column['name']}"
                    for one in column.get("data_tests") or []
                ]
                yield Entry(
                    key=str(meta["metric"]),
                    place=f"{name}.{column['name']}",
                    definition=str(column.get("description", "")),
                    unit=str(meta.get("unit", "")),
                    grain=_grain(str(model.get("description", ""))),
                    formula=str(meta.get("formula", "")),
                    null_rule=str(meta.get("null_rule", "")),
                    source=str(meta.get("source", "")),
                    owner=self.owners.get(str((model.get("config") or {}).get("group")), ""),
                    tests=_listed([str(meta["test"])] if meta.get("test") else tests),
                )


def page() -> str:
    """The whole page as Markdown."""
    project = Project()
    entries = project.entries()
    rows = {row["metric"]: row for row in definitions()}
    spine = [entry for entry in entries if "." not in entry.place]
    spine.sort(key=lambda entry: int(rows[entry.key]["position"] or 0))
    headline = [entry for entry in spine if rows[entry.key]["is_headline"] == "true"]
    variants = [entry for entry in spine if rows[entry.key]["is_smartnumber"] == "true" and entry not in headline]
    monthly = [entry for entry in spine if rows[entry.key]["is_monthly_input"] == "true"]
    other = [entry for entry in spine if entry not in (*headline, *variants, *monthly)]
    parts = [
        "# Metrics\n",
        INTRODUCTION,
        *_section("SmartNumbers", headline),
        *_section("Variants under their own names", variants),
        *_section("Monthly inputs", monthly),
        *_section("Further monthly figures", other),
        *_section(
            "Figures of the marts", sorted(entries[len(spine) :], key=lambda one: (one.place.split(".")[0], one.key))
        ),
        *_waiting(),
        "## Marts\n",
        "| mart | what a row is | columns |\n| --- | --- | --- |",
        *(
            f"| `{name}` | {_cell(model['description'])} | {', '.join(_columns(model))} |"
            for name, model in project.marts.items()
        ),
    ]
    return "\n".join(parts) + "\n"


def catalogue_keys() -> dict[str, str]:
    """Every key that the catalogue names, and where it is: a place, ``waiting: WHY`` or ``building: WHO``."""
    listed = yaml.safe_load(KEYS.read_text())
    return {key: str(place) for section in listed["sections"] for key, place in section["keys"].items()}


def _waiting() -> list[str]:
    found = {key: place for key, place in catalogue_keys().items() if place.startswith("waiting")}
    return [
        "## Waiting\n",
        "Metrics of the catalogue that need a part of the product which does not exist yet.\n",
        "| key | waits for |\n| --- | --- |",
        *(f"| `{key}` | {place.partition(':')[2].strip()} |" for key, place in found.items()),
        "",
    ]


def _section(title: str, entries: Sequence[Entry]) -> list[str]:
    lines = [f"## {title}\n", f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|"]
    for one in entries:
        key = f"`{one.key}`" + (f" in `{one.place}`" if "." in one.place else "")
        cells = (
            *(one.definition, one.unit, one.grain, one.aggregation, one.better, one.formula, one.null_rule),
            *(one.source, one.owner, one.tests),
        )
        lines.append(f"| {key} | " + " | ".join(_cell(cell) for cell in cells) + " |")
    return [*lines, ""]


def _columns(model: dict[str, Any]) -> list[str]:
    return [f"`{column['name']}`" for column in model.get("columns") or []]


def _grain(description: str) -> str:
    """What follows "One row per" in a mart's description."""
    first = re.split(r"[;:.](?:\s|$)", " ".join(description.split()), maxsplit=1)[0]
    return first.removeprefix("One row per ")


def _listed(tests: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in tests[:SHOWN_TESTS])


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
