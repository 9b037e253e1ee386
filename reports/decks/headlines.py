"""The titles of slides: what the figures of a slide come to, in one sentence."""

from collections.abc import Sequence
from decimal import Decimal

from reports.decks.findings import Finding, Sentence, is_flat
from reports.formats import Formats
from reports.views.clients import FleetByClient
from reports.views.figures import Series, counted, difference
from reports.views.organizations import QuarterFacts
from reports.views.smartnumbers import SmartNumber

BLOCKS = {
    "operations": "Operations",
    "profit": "Profit and revenue",
    "leverage": "Leverage",
    "sales": "Sales",
}
"""Titles of the SmartNumbers' blocks, in the order they are shown."""


def summary(formats: Formats, quarter: QuarterFacts, numbers: Sequence[SmartNumber]) -> Finding:
    """How many SmartNumbers have a value, and how many of those with a target meet it."""
    say = Sentence(formats)
    known = [number for number in numbers if number.figure.value is not None]
    if not numbers:
        return say.finding(f"No SmartNumbers exist for {formats.quarter(quarter.quarter)} yet")
    model, rows = "marts.fct_smartnumbers", len(numbers)
    at = quarter.quarter
    total = counted("smartnumbers.all", "SmartNumbers", at, rows, model, which="SmartNumbers of the quarter")
    present = counted(
        "smartnumbers.known", "with a value", at, len(known), model, of_rows=rows, which="those with a value"
    )
    judged = [number for number in known if number.status in {"green", "yellow", "red"}]
    text = f"{say.value(present)} of {say.value(total)} SmartNumbers have a value"
    if judged:
        green = sum(number.status == "green" for number in judged)
        good = counted("smartnumbers.green", "on target", at, green, model, of_rows=rows, which="those that are green")
        targets = counted(
            "smartnumbers.judged", "with a target", at, len(judged), model, of_rows=rows,
            which="those that are green, yellow or red",
        )  # fmt: skip
        text += f"; {say.value(good)} of {say.value(targets)} with a target are on target"
    return say.finding(text)


def block(formats: Formats, title: str, numbers: Sequence[SmartNumber]) -> Finding:
    """The worst news of a block if there is any, else the good news, else the largest move."""
    say = Sentence(formats)
    known = [number for number in numbers if number.figure.value is not None]
    if not known:
        return say.finding(f"{title}: no figure of this quarter can be computed")
    for status, words in (("red", "off target"), ("yellow", "near its limit")):
        hit = [number for number in known if number.status == status]
        if hit:
            more = len(hit) - 1
            text = f"{_name(hit[0])} is {words} at {say.value(hit[0].figure)}"
            if more:
                quarter = hit[0].figure.period
                rest = counted(
                    f"smartnumbers.{hit[0].block}.{status}.more", "more", quarter, more, "marts.fct_smartnumbers",
                    which=f"{status} ones of the block {hit[0].block} beside {hit[0].figure.metric}",
                )  # fmt: skip
                text += f", and {say.value(rest)} more"
            return say.finding(text)
    moved = [number for number in known if number.change_fraction.value and not _is_still(formats, number)]
    if not moved:
        return say.finding(f"{title}: {_name(known[0])} stands at {say.value(known[0].figure)}")
    top = max(moved, key=lambda number: abs(number.change_fraction.value or Decimal(0)))
    way = "up" if (top.change.value or 0) > 0 else "down"
    return say.finding(
        f"{_name(top)} moved most: {way} {say.share(top.change_fraction)} on "
        f"{formats.quarter(top.previous.period)}, to {say.value(top.figure)}"
    )


def tickets(formats: Formats, created: Series, closed: Series) -> Finding:
    """How many tickets came and went in the quarter, against the quarter before."""
    say = Sentence(formats)
    now, before = created.figures[-1], created.figures[-2]
    done = closed.figures[-1]
    quarter = formats.quarter(now.period)
    if now.value is None:
        return say.finding(f"Reactive tickets are not known for {quarter}: {created.reason}")
    text = f"{say.count(now, 'reactive ticket', 'reactive tickets')} in {quarter}"
    change = difference(f"{now.metric}.change", "change", now, before)
    if change.value is not None:
        of = formats.quarter(before.period)
        text += (
            f", as many as {of}" if is_flat(formats, change, now, before) else f", {say.signed(change, now)} on {of}"
        )
    if done.value is not None:
        text += "; as many were closed" if done.value == now.value else f"; {say.value(done)} closed"
    return say.finding(text)


def fleet(formats: Formats, endpoints: Series, seats: Series) -> Finding:
    """The fleet at the end of the quarter against twelve months before."""
    say = Sentence(formats)
    now, seat, then = endpoints.last, seats.last, endpoints.figures[0]
    month = formats.month(now.period)
    if now.value is None:
        return say.finding(f"Endpoints are not known for {month}: {endpoints.reason}")
    text = f"{say.count(now, 'endpoint', 'endpoints')}"
    if seat.value is not None:
        text += f" and {say.count(seat, 'seat', 'seats')}"
    text += f" under management in {month}"
    if then.value is not None:
        change = difference(f"{now.metric}.change_on_year", "change on a year", now, then)
        text += (
            f", as many endpoints as in {formats.month(then.period)}"
            if is_flat(formats, change, now, then)
            else f", {say.signed(change, now)} endpoints since {formats.month(then.period)}"
        )
    return say.finding(text)


def clients_share(formats: Formats, fleet: FleetByClient) -> Finding:
    """Which part of the fleet the largest client is; for the presenter."""
    say = Sentence(formats)
    if not fleet.named or fleet.total.endpoints.value is None:
        return say.finding("No client has a device reading in this month.")
    top, total = fleet.named[0], fleet.total.endpoints
    return say.finding(
        f"The largest client, {top.name}, has {say.value(top.endpoints)} of {say.value(total)} endpoints."
    )


def money(formats: Formats, series: Series, name: str) -> Finding:
    """An amount of the quarter against the quarter before and the same quarter of last year.

    `series` holds three quarters: last year's, the previous one, this one.
    """
    say = Sentence(formats)
    last_year, before, now = series.figures
    quarter = formats.quarter(now.period)
    if now.value is None:
        return say.finding(f"{name} of {quarter} is not known: {series.reason}")
    text = f"{name} was {say.value(now)} in {quarter}"
    parts = []
    for earlier in (before, last_year):
        change = difference(f"{now.metric}.change_on_{earlier.period}", "change", now, earlier)
        if change.value is not None:
            amount = say.signed(change, now)
            of = formats.quarter(earlier.period)
            parts.append(f"unchanged on {of}" if is_flat(formats, change, now, earlier) else f"{amount} on {of}")
    return say.finding(", ".join([text, *parts]))


def _name(number: SmartNumber) -> str:
    return number.figure.label


def _is_still(formats: Formats, number: SmartNumber) -> bool:
    return is_flat(formats, number.change, number.figure, number.previous)
