"""The titles of the investor pack's slides: what its figures come to, in one sentence each."""

from decimal import Decimal
from typing import Literal

from reports.decks.findings import Finding, Sentence, is_flat
from reports.formats import Formats
from reports.views.figures import Figure, Series, counted, difference, reason_of
from reports.views.investor import LOSSES, MOVEMENTS, Bridge, Growth, Overview

__all__ = ["Drawn", "Finding", "bridge", "growth", "overview", "reliability", "retention", "runway"]

Drawn = Literal["column", "line"]


def overview(formats: Formats, view: Overview) -> Finding:
    """Recurring revenue and retention; or how many of the figures are known."""
    say = Sentence(formats)
    revenue, _, clients, net, *_ = view.figures
    if revenue.value is None:
        known = sum(figure.value is not None for figure in view.figures)
        if not known:
            return say.finding("None of the figures that investors ask for is known")
        total = counted("investor.known", "known figures", revenue.period, known, "marts.fct_investor_metrics")
        verb = "figure is" if known == 1 else "figures are"
        return say.finding(f"Recurring revenue is not known; {say.value(total)} other {verb}")
    text = f"MRR of {say.value(revenue)}"
    if clients.value is not None:
        text += f" from {say.count(clients, 'paying client', 'paying clients')}"
    if net.value is not None:
        text += f"; net retention over twelve months {say.value(net)}"
    return say.finding(text)


def growth(formats: Formats, view: Growth) -> Finding:
    """Recurring revenue at the quarter's end against the quarter before and a year before."""
    say = Sentence(formats)
    series = view.months["mrr_run_rate"]
    now = series.last
    if now.value is None:
        return say.finding(f"Recurring revenue of {formats.month(now.period)} is not known: {series.reason}")
    text = f"MRR was {say.value(now)} at the end of {formats.month(now.period)}"
    for earlier in (series.figures[-4], series.figures[0]):
        change = difference(f"{now.metric}.change_on_{earlier.period}", "change", now, earlier)
        if change.value is not None:
            of = formats.month(earlier.period)
            flat = is_flat(formats, change, now, earlier)
            text += f", unchanged on {of}" if flat else f", {say.signed(change, now)} on {of}"
    return say.finding(text)


def bridge(formats: Formats, view: Bridge) -> Finding:
    """By how much the quarter moved recurring revenue, and what moved it most."""
    say = Sentence(formats)
    opening, closing = view.opening.last, view.closing.last
    quarter = formats.quarter(closing.period)
    change = difference("mrr_run_rate.change_in_quarter", "Change of MRR", closing, opening)
    if change.value is None:
        reason = reason_of(opening if opening.value is None else closing)
        return say.finding(f"What moved recurring revenue in {quarter} is not known: {reason}")
    largest = max((view.parts[metric].last for metric in MOVEMENTS), key=lambda part: abs(part.value or Decimal(0)))
    if is_flat(formats, change, closing, opening):
        return say.finding(f"MRR stood at {say.value(closing)} in {quarter}, as at its beginning")
    way = "grew" if change.value > 0 else "fell"
    text = f"MRR {way} by {say.size(change, closing)} in {quarter}, to {say.value(closing)}"
    if largest.value:
        made = "took" if largest.metric in LOSSES else "brought" if largest.value > 0 else "took"
        text += f"; {largest.label.lower()} {made} {say.size(largest, closing)}"
    return say.finding(text)


def retention(formats: Formats, net: Series, gross: Series) -> Finding:
    """What the clients of a year before pay now."""
    say = Sentence(formats)
    now, kept = net.last, gross.last
    if now.value is None:
        return say.finding(f"Retention is not known for {formats.month(now.period)}: {net.reason}")
    text = f"Clients of a year ago pay {say.value(now)} of what they paid then"
    if kept.value is not None:
        text += f"; without their growth {say.value(kept)}"
    return say.finding(text)


def runway(formats: Formats, cash: Series, burn: Series, months: Series) -> Finding:
    """How long the cash lasts at the present burn."""
    say = Sentence(formats)
    if months.last.value is not None:
        return say.finding(
            f"At a burn of {_or_unknown(say, burn.last)} a month, cash of {_or_unknown(say, cash.last)} lasts "
            f"{say.value(months.last)}"
        )
    if cash.last.value is not None:
        return say.finding(f"Cash of {say.value(cash.last)}; how long it lasts is not known: {months.reason}")
    return say.finding(f"Cash and runway are not known: {cash.reason}")


def reliability(formats: Formats, uptime: Series, errors: Series) -> Finding:
    """Uptime of the last month, and how many requests failed."""
    say = Sentence(formats)
    if uptime.last.value is None:
        return say.finding(f"Uptime is not known: {uptime.reason}")
    text = f"The service was up {say.share_of(uptime.last)} of the time in {formats.month(uptime.last.period)}"
    if errors.last.value is not None:
        text += f"; {say.share_of(errors.last)} of requests failed"
    return say.finding(text)


def _or_unknown(say: Sentence, figure: Figure) -> str:
    return say.value(figure) if figure.value is not None else "an unknown amount"
