"""`make deck-gallery`: every slide of every deck, in two brands, with all of its data and with half of it missing.

Draws from the warehouse as it is, so `make demo` comes first. Writes a picture a slide and one contact sheet a deck
into `var/gallery`.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from reports.decks.builder import gather_deck
from reports.decks.bulk import orders_of
from reports.decks.declarations import decks
from reports.decks.rendering import render
from reports.decks.snapshots import DeckSnapshot
from reports.errors import ReportError
from reports.paper import print_decks
from reports.paper.pictures import contact_sheet, pages
from warehouse.engine import connect
from warehouse.organizations import load_organizations
from warehouse.periods import latest_complete_quarter
from warehouse.settings import get_settings, now

WIDTH, COLUMNS = 640, 3
SECOND_BRAND: Mapping[str, Any] = {
    "primary_color": "#5B1F3A",
    "accent_color": "#C2571A",
    "footer": "Prepared for this meeting only",
}
REASON = "left out, to see the slide without it"


def main() -> None:
    """Draw them all."""
    folder = get_settings().var_dir / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    for deck in decks():
        snapshot = fullest(deck)
        if snapshot is None:
            print(f"{deck}: no organization of this warehouse has such a deck. Run `make demo` first.")
            continue
        brands = {"own": snapshot.brand, "second": {**snapshot.brand, **SECOND_BRAND}}
        for brand, look in brands.items():
            for state, shown in (("full", snapshot), ("half", half_missing(snapshot))):
                print(draw(folder, f"{deck}-{brand}-{state}", replace(shown, brand=look)))


def fullest(deck: str) -> DeckSnapshot | None:
    """The deck of whichever organization and client has most to show."""
    found: list[tuple[int, DeckSnapshot]] = []
    with connect() as connection:
        for organization in load_organizations(get_settings().config_dir):
            quarter = str(latest_complete_quarter(now(), organization.time_zone))
            try:
                clients = [one.client_id for one in orders_of(connection, organization.id, quarter)]
            except ReportError:
                continue
            for client in dict.fromkeys((None, *clients)):
                try:
                    snapshot = gather_deck(
                        connection, deck, organization.id, quarter, client_id=client, force_reason="Gallery"
                    )
                    values = sum(
                        field.is_filled for field in render(replace(snapshot, draft_reason=None)).record.fields
                    )
                except ReportError:
                    continue  # such a deck is not of a client, or of nobody but a client
                found.append((values, replace(snapshot, draft_reason=None)))
    return max(found, key=lambda one: one[0])[1] if found else None


def half_missing(snapshot: DeckSnapshot) -> DeckSnapshot:
    """The same deck without every second of its figures."""
    count = 0

    def thinned(part: Any) -> Any:
        nonlocal count
        if isinstance(part, list):
            return [thinned(one) for one in part]
        if not isinstance(part, dict):
            return part
        made = {key: thinned(one) for key, one in part.items()}
        if {"metric", "value", "receipt"} <= set(made):
            count += 1
            if count % 2:
                made |= {"value": None, "reason": REASON}
        return made

    slides = [
        replace(slide, encoded=msgspec.Raw(msgspec.json.encode(thinned(msgspec.json.decode(slide.encoded)))))
        for slide in snapshot.slides
    ]
    return replace(snapshot, slides=tuple(slides))


def draw(folder: Path, name: str, snapshot: DeckSnapshot) -> Path:
    """The deck, its PDF, a picture a slide, and the contact sheet of them."""
    path = folder / f"{name}.pptx"
    path.write_bytes(render(snapshot).content)
    printed = print_decks([path])[0]
    pictures = []
    for number, picture in enumerate(pages(printed.path, WIDTH), start=1):
        picture.save(folder / f"{name}-{number:02}.png")
        pictures.append((f"{name} {number}", picture))
    sheet = folder / f"{name}.png"
    contact_sheet(pictures, COLUMNS).save(sheet)
    return sheet


if __name__ == "__main__":
    main()
