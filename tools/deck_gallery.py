"""`make deck-gallery`: every slide of every deck, in two brands, with all of its data and with half of it missing.

Draws from the warehouse as it is, so `make demo` comes first. Writes a picture a slide and one contact sheet a deck
into `var/gallery`.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psycopg import Connection

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from reports.decks.builder import gather_deck
from reports.decks.bulk import orders_of
from reports.decks.declarations import decks
from reports.decks.rendering import render
from reports.decks.snapshots import BrandFiles, DeckSnapshot
from reports.errors import ReportError
from reports.paper import print_decks
from reports.paper.pictures import contact_sheet, pages
from tools.half_of_it import take_half_away
from tools.second_brand import second_brand
from warehouse.engine import connect
from warehouse.settings import get_settings

WIDTH, COLUMNS = 640, 3
FOOTER = "Prepared for this meeting only"


@dataclass(frozen=True, slots=True)
class Place:
    """Of whom a deck is, and of which quarter."""

    organization_id: str
    quarter: str
    client_id: str | None


def main() -> None:
    """Draw them all."""
    folder = get_settings().var_dir / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    for deck in decks():
        place = fullest(deck)
        if place is None:
            print(f"{deck}: no organization of this warehouse has such a deck. Run `make demo` first.")
            continue
        for state in ("full", "half"):
            snapshot = gathered(deck, place, is_whole=state == "full")
            print(draw(folder, f"{deck}-own-{state}", snapshot))
            print(draw(folder, f"{deck}-second-{state}", in_second_brand(snapshot)))


def fullest(deck: str) -> Place | None:
    """Whoever has most to show on such a deck, in the latest quarter whose months are all over in the marts."""
    found: list[tuple[int, Place]] = []
    with connect() as connection:
        latest = connection.execute(
            "select organization_id, max(quarter) from (select organization_id, quarter from marts.dim_periods "
            "group by 1, 2 having bool_and(is_complete) and count(*) = 3) as over group by 1 order by 1"
        ).fetchall()
        for organization_id, quarter in latest:
            clients = [one.client_id for one in orders_of(connection, organization_id, quarter)]
            for client in dict.fromkeys((None, *clients)):
                place = Place(organization_id, quarter, client)
                try:
                    record = render(_gather(connection, deck, place)).record
                except ReportError:
                    continue  # such a deck is not of a client, or of nobody but a client
                found.append((sum(field.is_filled for field in record.fields), place))
    return max(found, key=lambda one: one[0])[1] if found else None


def gathered(deck: str, place: Place, *, is_whole: bool) -> DeckSnapshot:
    """The deck from the marts as they are, or as if half of it were missing, without the mark of a draft."""
    with connect() as connection:
        if not is_whole:
            take_half_away(connection)
        snapshot = _gather(connection, deck, place)
        connection.rollback()
    return replace(snapshot, draft_reason=None)


def _gather(connection: Connection[Any], deck: str, place: Place) -> DeckSnapshot:
    return gather_deck(
        connection, deck, place.organization_id, place.quarter, client_id=place.client_id, force_reason="Gallery"
    )


def in_second_brand(snapshot: DeckSnapshot) -> DeckSnapshot:
    """The same deck on another brand's own .pptx."""
    look = {key: value for key, value in snapshot.brand.items() if not key.endswith(("_color", "font", "paper"))}
    return replace(snapshot, brand={**look, "footer": FOOTER}, files=BrandFiles(template=second_brand()))


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
