"""What `qbr deck diff` prints."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from reports.decks.comparison import Comparison, NumberChange, WordChange
from reports.decks.records import DeckRecord
from reports.formats import plain


def print_comparison(found: Comparison, before: DeckRecord, after: DeckRecord) -> None:
    """Slides that came and went, then numbers, words and actions, slide by slide."""
    typer.echo(f"{before.title} of {before.quarter} against {after.title} of {after.quarter}")
    for slide in found.slides_gone:
        typer.echo(f"  slide {slide}: no longer in the deck")
    for slide in found.slides_new:
        typer.echo(f"  slide {slide}: new")
    _section("Numbers", [(one.slide, _number(one)) for one in found.numbers])
    _section("Words", [(one.slide, _word(one)) for one in found.words])
    _section("Actions", [(one.slide, _word(one)) for one in found.actions])
    if found.is_empty:
        typer.echo("Nothing changed.")
        return
    typer.echo(f"{len(found.numbers)} numbers, {len(found.words)} sentences and {len(found.actions)} actions differ.")


def _section(heading: str, lines: Sequence[tuple[str, str]]) -> None:
    if not lines:
        return
    typer.echo(f"{heading}:")
    last = ""
    for slide, line in lines:
        if slide != last:
            typer.echo(f"  {slide}")
            last = slide
        typer.echo(f"    {line}")


def _number(change: NumberChange) -> str:
    old = "not shown" if change.old_period is None else change.old_shown or plain(change.old)
    new = "not shown" if change.new_period is None else change.new_shown or plain(change.new)
    periods = dict.fromkeys(period for period in (change.old_period, change.new_period) if period)
    return f"{change.label} ({' -> '.join(periods)}): {old} -> {new}"


def _word(change: WordChange) -> str:
    return f"{'+' if change.is_new else '-'} {change.text}".replace("\n", " | ")
