"""What needs a decision: computed sentences, the most pressing first, each with its figures and a next step."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reports.decks.findings import Finding, Sentence, is_flat, verdict
from reports.formats import Formats
from reports.views.company import Evidence
from reports.views.figures import Figure, Receipt, counted
from reports.views.smartnumbers import SmartNumber

_WORTH_NAMING = Decimal("0.10")
"""A move of less than a tenth on the quarter before is not called worse or better news."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Something an owner should decide: what is the matter, how much, and the next step."""

    urgency: str
    """``alarm``, ``off target``, ``watch``, ``change`` or ``data``; the word stands on the slide."""
    matter: Finding
    next_step: str


def decisions(formats: Formats, evidence: Evidence) -> list[Decision]:
    """All decisions the figures call for: alarms, off target, watch, large moves, then gaps in the data."""
    known = [number for number in evidence.numbers if number.figure.value is not None]
    alarms = [number for number in known if crossed(number)]
    red = [number for number in known if number.status == "red" and number not in alarms]
    yellow = [number for number in known if number.status == "yellow" and number not in alarms]
    rest = [number for number in known if number not in (*alarms, *red, *yellow)]
    return [
        *(Decision("Alarm", _alarm(formats, number), _step(number)) for number in alarms),
        *(Decision("Off target", _outside(formats, number), _step(number)) for number in red),
        *(Decision("Watch", _outside(formats, number), _step(number)) for number in yellow),
        *(Decision("Change", _moved(formats, number), _step_after_move(number)) for number in _movers(formats, rest)),
        *_gaps(formats, evidence),
    ]


def crossed(number: SmartNumber) -> bool:
    """True when the value reaches the alarm line."""
    return number.figure.value is not None and number.target.alarms(number.figure.value)


def _alarm(formats: Formats, number: SmartNumber) -> Finding:
    say = Sentence(formats)
    line = _bound(number, "red_threshold", number.target.red_threshold)
    value, alarm = say.value(number.figure), say.value(line, number.figure)
    return say.finding(f"{number.figure.label} is {value}, beyond its alarm line of {alarm}{_trend(say, number)}")


def _outside(formats: Formats, number: SmartNumber) -> Finding:
    say = Sentence(formats)
    low = _bound(number, "green_min", number.target.green_min)
    high = _bound(number, "green_max", number.target.green_max)
    text = f"{number.figure.label} is {say.value(number.figure)}"
    if low.value is not None and high.value is not None:
        text += f", outside its target of {say.value(low, number.figure)} to {say.value(high, number.figure)}"
    elif low.value is not None:
        text += f", below its target of {say.value(low, number.figure)}"
    else:
        text += f", above its target of {say.value(high, number.figure)}"
    return say.finding(text + _trend(say, number))


def _moved(formats: Formats, number: SmartNumber) -> Finding:
    say = Sentence(formats)
    way = "rose" if (number.change.value or 0) > 0 else "fell"
    judged = verdict(number, number.change, number.previous)
    before, now = say.value(number.previous, number.figure), say.value(number.figure)
    of, share = formats.quarter(number.previous.period), say.share(number.change_fraction)
    text = f"{number.figure.label} {way} by {share} on {of}, from {before} to {now}"
    return say.finding(f"{text}: {judged}" if judged else text)


def _trend(say: Sentence, number: SmartNumber) -> str:
    if number.change.value is None or is_flat(say.formats, number.change, number.figure, number.previous):
        return ""
    judged = verdict(number, number.change, number.previous)
    of = say.formats.quarter(number.previous.period)
    return f" ({say.signed(number.change, number.figure)} on {of}{', ' + judged if judged else ''})"


def _movers(formats: Formats, numbers: Sequence[SmartNumber]) -> list[SmartNumber]:
    """The three largest relative moves on the quarter before, worse before better."""
    moved = [
        number
        for number in numbers
        if _size_of_change(number) >= _WORTH_NAMING
        and not is_flat(formats, number.change, number.figure, number.previous)
    ]
    moved.sort(
        key=lambda number: (
            verdict(number, number.change, number.previous) != "worse",
            -_size_of_change(number),
            number.figure.metric,
        )
    )
    return moved[:3]


def _size_of_change(number: SmartNumber) -> Decimal:
    return abs(number.change_fraction.value or Decimal(0))


def _step(number: SmartNumber) -> str:
    if number.better in {"band", "near_one"}:
        return "Decide what brings it back into its band, or set another target."
    way = "raise" if number.better == "higher" else "lower"
    return f"Decide how to {way} it next quarter, or set another target."


def _step_after_move(number: SmartNumber) -> str:
    judged = verdict(number, number.change, number.previous)
    if judged == "worse":
        return "Find what drove it; decide whether to act."
    if judged == "better":
        return "Keep what drove it; consider a target."
    return "Decide whether this is wanted; set a target."


def _gaps(formats: Formats, evidence: Evidence) -> list[Decision]:
    found = []
    if evidence.unmapped:
        say = Sentence(formats)
        model = "marts.fct_unmapped_accounts"
        accounts = counted("unmapped_accounts", "unmapped accounts", evidence.quarter, len(evidence.unmapped), model)
        amount = Figure(
            metric="unmapped_accounts.amount",
            label="unmapped amount",
            period=evidence.quarter,
            value=sum((abs(account.amount) for account in evidence.unmapped), Decimal(0)),
            unit="usd",
            receipt=Receipt(
                model=model, source="quickbooks", source_rows=len(evidence.unmapped), note="sum of absolute amounts"
            ),
        )
        text = f"{say.count(accounts, 'account has', 'accounts have')} no mapping; {say.value(amount)} is in no metric"
        found.append(Decision("Data", say.finding(text), "Add the accounts to the organization's account rules."))
    if evidence.missing:
        say = Sentence(formats)
        model = "marts.fct_missing_inputs"
        inputs = counted("missing_inputs", "missing inputs", evidence.quarter, len(evidence.missing), model)
        labels = list(dict.fromkeys(gap.label for gap in evidence.missing))
        names = ", ".join(labels[:3])
        more = "" if len(labels) <= 3 else " and others"
        text = f"{say.count(inputs, 'monthly input is', 'monthly inputs are')} missing: {names}{more}"
        found.append(Decision("Data", say.finding(text), "Enter or import them with qbr import manual."))
    failed = [stream for stream in evidence.streams if stream.last_outcome == "failed"]
    if failed:
        say = Sentence(formats)
        model = "marts.fct_source_freshness"
        rows = len(evidence.streams)
        streams = counted("streams.failed", "failed streams", evidence.quarter, len(failed), model, of_rows=rows)
        names = ", ".join(sorted({stream.source for stream in failed}))
        text = f"The last read of {say.count(streams, 'stream', 'streams')} failed ({names})"
        found.append(Decision("Data", say.finding(text), "Run qbr doctor and follow what it says."))
    return found


def _bound(number: SmartNumber, name: str, value: Decimal | None) -> Figure:
    return Figure(
        metric=f"{number.figure.metric}.{name}",
        label=f"{number.figure.label}, {name.replace('_', ' ')}",
        period=number.figure.period,
        value=value,
        unit=number.figure.unit,
        scale=number.figure.scale,
        receipt=number.bound_receipt(name),
    )
