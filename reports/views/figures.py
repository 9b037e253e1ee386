"""The two things every view hands out: a figure, and the receipt that says where it comes from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a figure comes from; printed into the speaker notes of every slide that shows it."""

    model: str
    column: str | None = None
    """Where in the model the value stands; None for a metric's own row, and for what is worked out from others."""
    method: str = "calculated"
    basis: str | None = None
    source: str | None = None
    source_rows: int | None = None
    freshest_at: datetime | None = None
    note: str | None = None
    """Formula with its inputs, or why this value won over others."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of one metric. `value` is None when it cannot be known, and then `reason` says why."""

    metric: str
    label: str
    period: str
    """A month ``2026-06``, a quarter ``2026-Q2`` or a day ``2026-06-30``."""
    value: Decimal | None
    unit: str
    receipt: Receipt
    reason: str | None = None
    client_id: str = "all"
    scale: int | None = None
    """Decimals at which the value is defined; None leaves it to the unit."""
    months: int | None = None
    """For a quarter: on how many months it rests."""
    is_sum: bool = False
    """True for a quarter's sum, which cannot be set beside one over another number of months."""


@dataclass(frozen=True, slots=True)
class Series:
    """One metric over consecutive periods, a gap included as a figure without a value."""

    metric: str
    label: str
    unit: str
    figures: tuple[Figure, ...] = field(default=())

    @property
    def values(self) -> tuple[Decimal | None, ...]:
        """The values in the order of the periods."""
        return tuple(figure.value for figure in self.figures)

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods in ascending order."""
        return tuple(figure.period for figure in self.figures)

    @property
    def reason(self) -> str:
        """Why the last period has no value, without a full stop, ready to stand inside a sentence."""
        return reason_of(self.last)

    @property
    def is_empty(self) -> bool:
        """True when no period has a value."""
        return all(value is None for value in self.values)

    @property
    def last(self) -> Figure:
        """The figure of the last period."""
        return self.figures[-1]


def reason_of(figure: Figure) -> str:
    """Why `figure` has no value, without a full stop, ready to stand inside a sentence."""
    return (figure.reason or "no reason recorded").rstrip(". ")


def difference(metric: str, label: str, later: Figure, earlier: Figure) -> Figure:
    """`later` minus `earlier` as a figure of its own; without a value when either is missing or they do not compare.

    Its receipt counts the rows of the later figure and quotes both values.
    """
    value = reason = None
    if later.value is None or earlier.value is None:
        missing = later if later.value is None else earlier
        reason = f"{missing.label} of {missing.period} has no value"
    elif (later.is_sum or earlier.is_sum) and later.months != earlier.months:
        reason = f"{later.period} rests on {later.months} months, {earlier.period} on {earlier.months}"
    else:
        value = later.value - earlier.value
    return Figure(
        metric=metric,
        label=label,
        period=later.period,
        value=value,
        unit=later.unit,
        client_id=later.client_id,
        scale=later.scale,
        reason=reason,
        receipt=Receipt(
            model=later.receipt.model,
            source=later.receipt.source,
            source_rows=later.receipt.source_rows,
            freshest_at=later.receipt.freshest_at,
            note=f"{as_stated(later)} minus {as_stated(earlier)}",
        ),
    )


def as_stated(figure: Figure) -> str:
    """A figure as receipts name it among their inputs: metric, period and exact value."""
    return f"{figure.metric} {figure.period} {figure.value}"


def freshest(figures: Iterable[Figure]) -> datetime | None:
    """When the newest record behind the figures was read, as far as their receipts tell."""
    known = [figure.receipt.freshest_at for figure in figures if figure.receipt.freshest_at is not None]
    return max(known, default=None)


def counted(
    metric: str,
    label: str,
    period: str,
    count: int,
    model: str,
    *,
    of_rows: int | None = None,
    client_id: str = "all",
    which: str = "",
) -> Figure:
    """How many rows of `model` a statement speaks of, as a figure; `of_rows` is how many were looked at."""
    return Figure(
        metric=metric,
        label=label,
        period=period,
        value=Decimal(count),
        unit="count",
        client_id=client_id,
        receipt=Receipt(
            model=model,
            source_rows=count if of_rows is None else of_rows,
            note=f"rows counted: {which}" if which else "rows counted",
        ),
    )
