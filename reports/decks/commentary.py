"""The computed commentary: sentences on what changed, what drove it, what crossed a threshold, what to decide.

Templates of sentences over exact parts; no figure is typed by hand and no language model is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reports.decks.findings import Finding, Sentence, is_flat, places_of
from reports.formats import NO_CHANGE, Formats
from reports.views.commentary import Change, Commentary
from reports.views.figures import Figure, counted

WORTH_NAMING = Decimal("0.10")
"""A move of less than a tenth is left to the other slides unless it crossed a threshold."""
MOST = 5

_WORDS = {"green": "on target", "yellow": "near its limit", "red": "off target"}


@dataclass(frozen=True, slots=True)
class Remark:
    """One row of the commentary."""

    changed: Finding
    driven: Finding
    step: str


def remarks(formats: Formats, view: Commentary) -> list[Remark]:
    """The changes worth naming, thresholds crossed first, then what got worse, then the largest."""
    return [
        Remark(_changed(formats, change, view), _driven(formats, change), _step(change))
        for change in _named(formats, view.changes)
    ]


def worth_naming(formats: Formats, changes: Sequence[Change]) -> list[Change]:
    """Changes that crossed a threshold or moved by a tenth."""
    moved = [
        change
        for change in changes
        if change.change.value is not None
        and not is_flat(formats, change.change, change.now, change.previous)
        and (change.has_crossed or _size(change) >= WORTH_NAMING)
    ]
    return sorted(
        moved,
        key=lambda change: (not change.has_crossed, _judged(change) != "worse", -_size(change), change.now.metric),
    )


def _named(formats: Formats, changes: Sequence[Change]) -> list[Change]:
    """What is worth naming, and up to three smaller moves where that is little."""
    worth = worth_naming(formats, changes)[:MOST]
    smaller = [
        change
        for change in changes
        if change not in worth
        and change.change.value
        and not is_flat(formats, change.change, change.now, change.previous)
    ]
    return [*worth, *smaller[: max(0, 3 - len(worth))]]


def headline(formats: Formats, view: Commentary) -> Finding:
    """How many thresholds were crossed, or what moved most."""
    say = Sentence(formats)
    before = formats.quarter(view.previous_quarter)
    crossed = [change for change in view.changes if change.has_crossed]
    if crossed:
        period = crossed[0].now.period
        number = counted(
            "commentary.crossed", "thresholds crossed", period, len(crossed), "marts.fct_smartnumbers",
            which=f"those of another colour than in {view.previous_quarter}",
        )  # fmt: skip
        return say.finding(f"{say.count(number, 'figure', 'figures')} crossed a threshold since {before}")
    moved = worth_naming(formats, view.changes)
    if moved:
        top = max(moved, key=_size)
        way = "up" if (top.change.value or 0) > 0 else "down"
        by = say.share(top.change_fraction) if _reads_as_share(top) else say.size(top.change, top.now)
        text = f"{top.now.label} moved most since {before}: {way} {by}"
        return say.finding(f"{text}, to {say.value(top.now)}")
    if any(change.change.value is not None for change in view.changes):
        return say.finding(f"No figure moved by a tenth or crossed a threshold since {before}")
    return say.finding(f"Nothing can be compared with {before}")


def _changed(formats: Formats, change: Change, view: Commentary) -> Finding:
    say = Sentence(formats)
    way = "rose" if (change.change.value or 0) > 0 else "fell"
    amount = say.share(change.change_fraction) if _reads_as_share(change) else say.size(change.change, change.now)
    was, now = say.value(change.previous, change.now), say.value(change.now)
    text = f"{change.now.label} {way} by {amount} on {formats.quarter(view.previous_quarter)}, from {was} to {now}"
    if judged := _judged(change):
        text += f": {judged}"
    if change.has_crossed:
        text += f". It was {_WORDS[change.previous_status]} and is {_WORDS[change.status]}"
    return say.finding(f"{text}.")


def _reads_as_share(change: Change) -> bool:
    """False where a percentage would puzzle: without one, across zero, from or to nothing, or more than doubled."""
    was, now, share = change.previous.value, change.now.value, change.change_fraction.value
    return bool(was and now and share is not None and was * now > 0 and abs(share) <= 1)


def _driven(formats: Formats, change: Change) -> Finding:
    """The parts of the change with their sign; they add up to it."""
    say = Sentence(formats)
    parts = [_list(say, change.drivers, change.now)] if change.drivers else []
    if change.by_client:
        parts.append(f"By client: {_list(say, change.by_client, change.now)}")
    if not parts:
        return say.finding("It is one figure; nothing splits it further.")
    whole = say.signed(change.change, change.now)
    return say.finding(f"Of {whole}: " + ". ".join(parts) + ".")


def _list(say: Sentence, parts: Sequence[Figure], like: Figure) -> str:
    places = places_of(like)
    told = [
        part for part in parts if say.formats.signed(part.value or Decimal(0), part.unit, places=places) != NO_CHANGE
    ]
    return ", ".join(f"{part.label} {say.signed(part, like)}" for part in told)


def _step(change: Change) -> str:
    judged = _judged(change)
    if change.has_crossed and judged != "better":
        return "Decide what brings it back, by when and by whom."
    if judged == "worse":
        return "Look at what drove it; decide whether to act."
    if judged == "better":
        return "Keep what drove it."
    return "Talk about whether this is wanted."


def _size(change: Change) -> Decimal:
    return abs(change.change_fraction.value or Decimal(0))


def _judged(change: Change) -> str:
    """``better``, ``worse`` or nothing: whether it went the way that is wanted."""
    moved = change.change.value
    if not moved:
        return ""
    if change.better in {"higher", "lower"}:
        return "better" if (moved > 0) == (change.better == "higher") else "worse"
    if change.better == "near_one" and change.now.value is not None and change.previous.value is not None:
        after, before = abs(change.now.value - 1), abs(change.previous.value - 1)
        return "" if after == before else "better" if after < before else "worse"
    return ""
