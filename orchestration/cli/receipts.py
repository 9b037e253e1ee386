"""What is told of a figure beside its parts: where it came from, what it was, how usual it is, what moved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import psycopg

from orchestration import readings, wording
from orchestration.cli.report import shown
from orchestration.explanation import Composition

Session = psycopg.Connection[Any]
Lines = Iterator[str]
LARGEST = 5
SHOWN_PARTS = 15
WIDTH = 16
STOCKS = {"endpoints_managed", "seats_managed", "agreements"}
EFFECTS = {"rate": "its own level", "mix": "its share of the whole"}


def made_of(made: Composition, unit: str, scale: int) -> Lines:
    """The parts of a figure and what they come to."""
    if not made.parts:
        if made.how:
            yield f"Made of:     {made.how}"
        return
    yield "Made of:     " + made.how if made.how else "Made of:"
    for part in made.parts[:SHOWN_PARTS]:
        yield f"{told(part.value, part.unit, part.scale):>{WIDTH}}  {part.label}"
    rest = [part.value for part in made.parts[SHOWN_PARTS:] if part.value is not None]
    if rest:
        first = made.parts[0]
        yield f"{shown(sum(rest, Decimal(0)), first.unit, first.scale):>{WIDTH}}  {len(rest)} more"
    if made.result is not None and (made.numbers or len(made.parts) > 1):
        come_to = told(made.result, unit, scale)
        if made.numbers:
            yield f"             {made.numbers} = {come_to}"
        else:
            yield f"{come_to:>{WIDTH}}  in all" if made.kind != "average" else f"{come_to:>{WIDTH}}  on average"


def told(value: Decimal | None, unit: str, scale: int) -> str:
    """A value with its unit."""
    return shown(value, unit, scale) + ("" if value is None else wording.UNITS.get(unit, ""))


def origin(connection: Session, definition: readings.Row, row: readings.Row) -> Lines:
    """How the figure came to be, and what else was offered for it."""
    candidates = readings.candidates(connection, row)
    if row["method"] is None:
        return
    others = [one for one in candidates if not one["is_winner"] and one["value"] is not None]
    told = wording.method_of(row["method"], row["source"], row["basis"])
    yield f"Where from:  {told[0].upper()}{told[1:]}" + ("." if others else "; nothing else was offered.")
    for one in others:
        value = shown(one["value"], definition["unit"], definition["scale"])
        yield (
            f"Not used:    {value}, {wording.method_of(one['method'], one['source'], one['basis'])}: what is "
            f"{wording.METHODS[row['method']]} counts more."
        )


def versions(connection: Session, definition: readings.Row, row: readings.Row) -> Lines:
    """What the figure has been since it was first published, where it has changed."""
    found = readings.versions(connection, row)
    if len(found) == 1:
        yield f"History:     the same since it was first published on {found[0]['changed_at']:%Y-%m-%d}."
    for place, one in enumerate(found if len(found) > 1 else []):
        value = shown(one["value"], definition["unit"], definition["scale"])
        how = wording.METHODS.get(one["method"], "no figure")
        yield (
            ("History:     " if not place else " " * 13)
            + f"{value} from {one['changed_at']:%Y-%m-%d %H:%M} UTC, {how}"
            + (f": {one['reason']}" if one["value"] is None and one["reason"] else "")
        )


def unusual(connection: Session, definition: readings.Row, row: readings.Row) -> Lines:
    """Whether the month is unusual beside the twelve before."""
    if row["value"] is None:
        return
    for one in readings.anomaly(connection, row):
        if one["is_anomaly"] is None:
            yield f"Usual?       Cannot be said: {one['reason'][:1].lower()}{one['reason'][1:]}"
            continue
        median = shown(one["median"], definition["unit"], definition["scale"])
        judged = "No, this is far from what it usually is" if one["is_anomaly"] else "Yes"
        yield f"Usual?       {judged}; the middle one of the {one['months_before']} months before is {median}."


def forecast(connection: Session, definition: readings.Row, row: readings.Row) -> Lines:
    """What the next month will come to, told with the newest month that is over."""
    for one in readings.forecast(connection, row):
        value, low, high = (
            None if one[name] is None else shown(one[name], definition["unit"], definition["scale"])
            for name in ("value", "low", "high")
        )
        month = wording.month_of(one["period"])
        if value is None or low is None:
            yield f"Next month:  {month} cannot be forecast: {one['reason'][:1].lower()}{one['reason'][1:]}"
            continue
        error, simple = (
            shown(one[name], definition["unit"], definition["scale"])
            for name in ("mean_error", "mean_error_of_last_value")
        )
        yield (
            f"Next month:  {month} comes to about {value} if it goes on like the last twelve months; four times in "
            f"five between {low} and {high}."
        )
        yield (
            f"             Tried on the last {one['back_tests']} months, such a forecast was off by {error} on average "
            f"(repeating the month before: by {simple})."
        )


def change(connection: Session, row: readings.Row) -> Lines:
    """What moved a SmartNumber since the quarter before: parts that add up to the change."""
    found = readings.drivers(connection, row)
    before = wording.month_of(row["previous_quarter"]) if row["previous_quarter"] else "the quarter before"
    if row["change"] is None or any(one["contribution"] is None for one in found):
        reasons = dict.fromkeys(one["reason"] for one in found if one["reason"])
        if row["value"] is not None:
            yield from (f"Since {before}: {reason}" for reason in reasons)
        return
    was = shown(row["previous_value"], row["unit"], row["scale"])
    yield f"Since {before}: {signed(row['change'], row)}, from {was}. What did it:"
    is_sum = len(found) and row["unit"] == found[0]["unit"] and row["formula"].count("/") == 0
    for one in found:
        amounts = [one["previous_amount"], one["amount"]]
        scale = 0 if one["unit"] in {"count", "fte"} and all(it == int(it) for it in amounts) else 2
        pace = "" if is_sum or one["unit"] == "fte" or one["driver"] in STOCKS else " a month"
        then, now = (shown(amount, one["unit"], scale) + pace for amount in amounts)
        yield f"{signed(one['contribution'], row):>16}  {wording.label_of(one['label'])}: {then} then, {now} now"
    yield from _by_client(connection, row)


def _by_client(connection: Session, row: readings.Row) -> Lines:
    found = readings.client_drivers(connection, row)
    if not found:
        return
    yield "             The same change by client, the largest parts first:"
    named = [one for one in found if one["effect"] in EFFECTS][:LARGEST]
    for one in named:
        name = wording.UNASSIGNED if one["client_id"] == "unassigned" else one["name"]
        yield f"{signed(one['contribution'], row):>16}  {name}, by {EFFECTS[one['effect']]}"
    rest = [one["contribution"] for one in found if one not in named]
    if rest:
        yield f"{signed(sum(rest, Decimal(0)), row):>16}  {len(rest)} more"


def target(row: readings.Row) -> Lines:
    """How the figure stands to what the owner has set."""
    told = {"green": "good", "yellow": "tolerable", "red": "not good"}.get(row["status"])
    if told and row["value"] is not None:
        low, high = (
            None if row[name] is None else shown(row[name], row["unit"], row["scale"])
            for name in ("green_min", "green_max")
        )
        wanted = f"{low} to {high}" if low and high else f"{low} or more" if low else f"{high} or less"
        yield f"Target:      {told}; wanted is {wanted}."


def presented(connection: Session, definition: readings.Row, row: readings.Row, labels: Mapping[str, str]) -> Lines:
    """What was presented of a frozen quarter, where it is not what it is now."""
    for one in readings.restated(connection, row):
        value = shown(one["presented_value"], definition["unit"], definition["scale"])
        yield (
            f"Presented:   {value}, when {one['frozen_by']} froze the quarter on {one['frozen_at']:%Y-%m-%d}. "
            f"{wording.in_words(one['cause'], labels)}"
        )


def signed(value: Decimal, row: readings.Row) -> str:
    """A change with its sign."""
    return ("+" if value > 0 else "") + shown(value, row["unit"], row["scale"])
