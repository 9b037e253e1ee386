"""Which metrics there are, read from the one catalogue that dbt loads too: a seed for each domain, one header."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SEEDS = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the catalogue; `unit` is fraction, usd, hours, count, fte, ratio, months or tickets."""

    key: str
    label: str
    unit: str
    is_monthly: bool
    is_enterable: bool
    is_protected: bool
    may_be_negative: bool


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Metric]:
    """Every metric by key. A person may enter the 27 monthly inputs and what only people know."""
    return {
        row["metric"]: Metric(
            key=row["metric"],
            label=row["label"],
            unit=row["unit"],
            is_monthly=row["is_monthly"] == "true",
            is_enterable=row["is_monthly_input"] == "true" or row["usual_source"] == "manual",
            is_protected=row["is_protected"] == "true",
            may_be_negative=row["may_be_negative"] == "true",
        )
        for row in definitions()
    }


def definitions() -> list[dict[str, str]]:
    """The rows of every domain's seed as they are written, each with the name of its `seed`."""
    found = []
    for path in sorted(SEEDS.glob("metric_definitions*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += [{**row, "seed": path.stem} for row in csv.DictReader(file)]
    return found
