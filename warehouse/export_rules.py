"""What is written for other programs by the calendar: the section `exports` of an organization's file."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from warehouse.config_section import Section, Text, listed

ExportFormat = Literal["csv", "xlsx", "parquet"]


class Export(Section):
    """Metrics or marts that are written as files, all in one format."""

    of: Annotated[tuple[Text, ...], BeforeValidator(listed), Field(min_length=1)]
    """Keys of docs/metrics.md such as rhem, or marts such as fct_tickets."""
    format: ExportFormat = "csv"
    every_client: bool = False
    """Of metrics: the organization as a whole and each of its clients."""


def _asks_clients_of_metrics(exports: tuple[Export, ...]) -> tuple[Export, ...]:
    for one in exports:
        if one.every_client and (marts := [name for name in one.of if name.startswith(("fct_", "dim_"))]):
            raise ValueError(f"every_client is for metrics; {marts[0]} is a mart, and has the rows of every client")
    return exports


Exports = Annotated[tuple[Export, ...], AfterValidator(_asks_clients_of_metrics)]
BY_DEFAULT = (Export.model_validate({"of": ["fct_metrics_monthly", "fct_smartnumbers", "dim_clients"]}),)
"""All monthly and quarterly figures and the names to read them by: what a spreadsheet or a BI tool begins with."""
