"""The words in which figures are told to people: months, amounts, methods and sources, formulas without keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from orchestration.formulas import MONTHS, without_remark
from warehouse.periods import Period

SOURCES = {
    "ninjaone": "NinjaOne",
    "connectwise": "ConnectWise",
    "stripe": "Stripe",
    "quickbooks": "QuickBooks",
    "opsdb": "the operational database",
}
METHODS = {
    "corrected": "corrected by a person",
    "calculated": "worked out from other figures",
    "accounting": "taken from the books",
    "collected": "counted from records",
    "manual": "entered by a person",
    "imported": "imported from a file",
    "estimated": "estimated",
}
UNITS = {"hours": " hours", "months": " months", "tickets": " tickets"}
UNASSIGNED = "records that belong to no known client"


def month_of(period: str) -> str:
    """``2026-06`` as June 2026, ``2026-Q2`` as Q2 2026."""
    if "Q" in period:
        return f"{period[5:]} {period[:4]}"
    named = Period.parse(period)
    return f"{date(named.year, named.month, 1):%B %Y}"


def label_of(label: str) -> str:
    """A label as it is said: ``# of endpoints managed`` is the number of endpoints managed."""
    return f"number of {label[5:]}" if label.startswith("# of ") else label


def in_words(text: str, labels: Mapping[str, str]) -> str:
    """A formula or a reason with every key of a metric put in words; other keys lose their underscores."""
    keys = sorted((key for key in labels if "_" in key or key not in _ALSO_WORDS), key=len, reverse=True)
    named = rf"\b({'|'.join(map(re.escape, keys))})\b" if keys else r"(?!)"
    found = re.sub(named, lambda match: label_of(labels[match[1]]), text)
    found = re.sub(r"\b[a-z]+(?:_[a-z0-9]+)+\b", lambda match: match[0].replace("_", " "), found)
    return capital(found)


def capital(text: str) -> str:
    """The text with its first letter a capital."""
    return text[:1].upper() + text[1:]


_ALSO_WORDS = {"agreements", "employees"}
"""Keys that are words of the language and mean the same there."""


def with_numbers(formula: str, values: Mapping[str, Decimal | None], months: int | None = None) -> str:
    """The formula with every value in the place of its name; the remark behind it and `average` fall away."""
    text = re.sub(r"\baverage (?=\w)", "", without_remark(formula))
    known: dict[str, str] = {MONTHS: str(months or "no months")}
    known |= {name: "no data" if value is None else plain(value) for name, value in values.items()}
    names = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    return re.sub(rf"\b({names})\b", lambda match: known[match[1]], text)


def plain(value: Decimal) -> str:
    """A number without a unit or needless zeros, with at most four decimals."""
    text = f"{round(value, 4):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def method_of(method: str | None, source: str | None, basis: str | None = None) -> str:
    """How a value came to be: `counted from records of ConnectWise`."""
    if method is None:
        return "nothing"
    told = METHODS.get(method, method)
    if source in SOURCES:
        told = {
            "collected": f"counted from records of {SOURCES[source]}",
            "accounting": f"taken from the books in {SOURCES[source]}",
            "calculated": f"worked out from records of {SOURCES[source]}",
        }.get(method, f"{told}, with records of {SOURCES[source]}")
    return told + (f", {basis.lower()} basis" if basis in {"Accrual", "Cash"} else "")


def advice(reason: str, source: str | None, organization_id: str, period: str) -> str:
    """What somebody who misses the figure can do, by why it is missing."""
    facts = {
        "config": f"config/{organization_id}.yml",
        "from": f" --source {source}" if source in SOURCES else "",
        "when": f" --period {period}" if "Q" not in period else "",
    }
    return next((told for why, told in _ADVICE if re.search(why, reason)), _ELSE).format_map(facts)


_ADVICE = (
    (
        "Nobody has entered",
        (
            "Enter it: a CSV file with the columns period,metric,value,note, then `qbr import manual FILE`. "
            "Write 0 where it was nothing."
        ),
    ),
    ("rate of a month", "Ask for one of its months: `qbr explain METRIC --period YYYY-MM`."),
    ("cleared", "Nothing, unless it is known now: then enter it with `qbr import manual FILE`."),
    (
        "is not known in|not matched",
        (
            "If the client is there under another name, link the two under `clients` in {config}, then `qbr build`. "
            "Otherwise nothing: there is nothing to count."
        ),
    ),
    ("left out by a rule", "Nothing, unless the rule in {config} is wrong."),
    (
        "operational database",
        "Map its table in {config} and connect the database, as docs/sources.md says. Not used: nothing to do.",
    ),
    ("account rule|mapped", "Name its accounts under `accounts` in {config}, then `qbr build`."),
    ("device class", "Name the device classes in {config}, then `qbr build`."),
    (
        "of 12 months",
        (
            "Import the figures of the months that lack them; `qbr explain total_expenses --period YYYY-MM` says what "
            "each lacks."
        ),
    ),
    ("complete yet", "Wait until the month is over."),
    (
        "history",
        "Nothing: the history begins here. Older months can be imported with `qbr import manual FILE`.",
    ),
    (
        r"is 0\b|[Nn]o .* (opened|closed|entered|pays|lost)|began without|was lost",
        "Nothing: so it was, and a 0 would be wrong.",
    ),
    (r"\bread|report", "Read it: `qbr run{from}{when}`; `qbr doctor` says what keeps it from being read."),
)
"""What helps, by words of the reason; the first that is found counts."""

_ELSE = "`qbr doctor` says what could not be read."
