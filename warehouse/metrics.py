"""Which metrics there are, read from the one catalogue that dbt loads too (`dbt_project/seeds`)."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds" / "metric_definitions.csv"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the catalogue; `unit` is fraction, usd, hours, count, fte, ratio, months or tickets."""

    key: str
    label: str
    unit: str
    is_enterable: bool
    is_protected: bool
    may_be_negative: bool


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Metric]:
    """Every metric by key. A person may enter the 27 monthly inputs and what only people know."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return {
            row["metric"]: Metric(
                key=row["metric"],
                label=row["label"],
                unit=row["unit"],
                is_enterable=row["is_monthly_input"] == "true" or row["usual_source"] == "manual",
                is_protected=row["is_protected"] == "true",
                may_be_negative=row["may_be_negative"] == "true",
            )
            for row in csv.DictReader(file)
        }
