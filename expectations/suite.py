"""What a suite is: a query over one organization's rows and what a plausible answer looks like.

Plain data on purpose: the Dagster graph lists every suite without importing Great Expectations, which takes seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Expect:
    """One expectation, by its Great Expectations name, and what it means when it fails.

    ``severity`` error blocks the decks; warning is shown and blocks nothing.
    """

    kind: str
    arguments: Mapping[str, Any]
    severity: Severity
    notes: str


@dataclass(frozen=True, slots=True)
class Suite:
    """A named set of expectations on the rows of one query.

    ``asset`` is the Dagster key the check hangs on; ``query`` holds ``{organization_id}`` where the organization goes.
    """

    name: str
    asset: tuple[str, ...]
    description: str
    query: str
    expectations: tuple[Expect, ...]

    def __post_init__(self) -> None:
        if "%" in self.query:  # doubled on its way through Great Expectations, so that format() would print "%s"
            raise ValueError(f"The query of suite {self.name} holds a percent sign; use concat(), not format().")

    @property
    def worst(self) -> Severity:
        """The severity of its strictest expectation."""
        return "error" if any(one.severity == "error" for one in self.expectations) else "warning"


def between(column: str, low: float | None, high: float | None, severity: Severity, notes: str, **more: Any) -> Expect:
    """Values of a column lie in a closed range; NULL is judged elsewhere."""
    arguments = {"column": column, "min_value": low, "max_value": high, **more}
    return Expect("expect_column_values_to_be_between", arguments, severity, notes)


def filled(column: str, severity: Severity, notes: str, **more: Any) -> Expect:
    """A column has no NULL."""
    return Expect("expect_column_values_to_not_be_null", {"column": column, **more}, severity, notes)


def one_of(column: str, values: tuple[str, ...], severity: Severity, notes: str, **more: Any) -> Expect:
    """A column holds nothing but the named values."""
    return Expect(
        "expect_column_values_to_be_in_set", {"column": column, "value_set": list(values), **more}, severity, notes
    )


def nothing_found(severity: Severity, notes: str, column: str = "finding") -> Expect:
    """The query, which looks for what must not be, says nothing in its column ``finding``, or in another.

    Each finding is a phrase that names what was found, so that the failure can quote it.
    """
    return Expect("expect_column_values_to_be_null", {"column": column}, severity, notes)
