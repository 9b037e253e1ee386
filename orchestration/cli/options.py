"""The options that several commands share, worded once."""

from __future__ import annotations

from typing import Annotated, overload

import typer

from orchestration.errors import UsageError
from warehouse.periods import Period, PeriodError, Quarter

OrganizationOption = Annotated[
    str | None,
    typer.Option("--organization", metavar="ID", help="Only this organization; every one when left out."),
]
OneOrganizationOption = Annotated[
    str | None,
    typer.Option("--organization", metavar="ID", help="Which organization; needed where several are configured."),
]
PeriodOption = Annotated[str | None, typer.Option("--period", metavar="YYYY-MM", help="One month.")]
QuarterOption = Annotated[str | None, typer.Option("--quarter", metavar="YYYY-Qn", help="One calendar quarter.")]


@overload
def as_period(text: str) -> Period: ...
@overload
def as_period(text: str | None) -> Period | None: ...
def as_period(text: str | None) -> Period | None:
    """The month a person typed; raises :class:`UsageError` when it is none."""
    try:
        return Period.parse(text) if text is not None else None
    except PeriodError as error:
        raise UsageError(f"{error} Nothing was done.") from error


@overload
def as_quarter(text: str) -> Quarter: ...
@overload
def as_quarter(text: str | None) -> Quarter | None: ...
def as_quarter(text: str | None) -> Quarter | None:
    """The quarter a person typed; raises :class:`UsageError` when it is none."""
    try:
        return Quarter.parse(text) if text is not None else None
    except PeriodError as error:
        raise UsageError(f"{error} Nothing was done.") from error
