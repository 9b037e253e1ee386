"""The presentation a deck is drawn on: made from the brand's colours, or the brand's own .pptx after it was checked.

A template of the brand's own has the product's layouts by name, each with its places by name; where they stand and how
they look is the template's. `qbr deck template` writes one to begin with.
"""

import io
import zipfile
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from pptx import Presentation
from pptx.util import Emu

from reports.decks.brand import WHITE, Brand, contrast
from reports.decks.layouts import LAYOUTS, Box, Kind, Placeholder, Sheet, sheet
from reports.decks.packages import flaw_of
from reports.decks.theme import template
from reports.errors import ReportError

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_READABLE = {"tx1 (dk1)": 4.5, "dk2": 4.5, "accent1": 4.5, "accent2": 3, "accent4": 4.5, "accent5": 4.5, "accent6": 4.5}
"""How far a theme colour must stand out from white: text and marks 4.5, fills of charts 3 (WCAG AA)."""
_LEAST = {"Content": (10.5, 4.5), "Table": (4.5, 4.0), "Title": (9.0, 0.7)}
"""Inches that a place must have, so that what is put there can be read."""


class TemplateUnusable(ReportError):
    """A brand's .pptx lacks what decks need; every problem is named."""


@dataclass(frozen=True, slots=True)
class OpenedTemplate:
    """A presentation without slides, what its places are, and the brand as the template says it."""

    content: bytes
    sheet: Sheet
    brand: Brand


@lru_cache(maxsize=64)
def open_template(brand: Brand) -> OpenedTemplate:
    """The brand's presentation. Raises TemplateUnusable when its own file lacks something."""
    if brand.template is None:
        return OpenedTemplate(template(brand), sheet(brand.paper, has_logo=brand.logo is not None), brand)
    if (flaw := flaw_of(brand.template)) is not None:
        raise TemplateUnusable(
            f"The template of {brand.name} {flaw}. It was not opened, and no deck was drawn. Save it anew in "
            "PowerPoint, or begin with one from `qbr deck template`."
        )
    try:
        presentation = Presentation(io.BytesIO(brand.template))
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError, SyntaxError) as error:
        raise TemplateUnusable(f"The template of {brand.name} is no .pptx that can be opened ({error}).") from error
    problems: list[str] = []
    if len(presentation.slides):
        problems.append("it holds slides; remove them, since only its layouts are used")
    layouts = _layouts(presentation, problems)
    colours, fonts = _theme(presentation)
    for slot, least in _READABLE.items():
        colour = colours.get(slot.split(" ")[0].replace("tx1", "dk1"), "000000")
        if contrast(colour, WHITE) < least:
            problems.append(f"its theme colour {slot} is #{colour}, which does not stand out from white by {least}:1")
    if problems:
        raise TemplateUnusable(f"The template of {brand.name} cannot be used: {'; '.join(problems)}.")
    own = replace(
        brand,
        primary=colours.get("folHlink", brand.primary),
        accent=colours.get("accent1", brand.accent),
        text=colours.get("dk1", brand.text),
        heading_font=fonts.get("major", brand.heading_font),
        body_font=fonts.get("minor", brand.body_font),
    )
    width, height = (Emu(int(size or 0)).inches for size in (presentation.slide_width, presentation.slide_height))
    return OpenedTemplate(brand.template, Sheet(width, height, layouts), own)


def _layouts(presentation: Any, problems: list[str]) -> dict[str, tuple[Placeholder, ...]]:
    by_name = {layout.name: layout for layout in presentation.slide_layouts}
    layouts = {}
    for name, wanted in LAYOUTS.items():
        if name not in by_name:
            problems.append(f"it has no layout {name!r}")
            continue
        places = {place.name: place for place in by_name[name].placeholders}
        found = []
        for place in wanted:
            if place.name not in places:
                problems.append(f"its layout {name!r} has no place {place.name!r}")
                continue
            found.append(_place(place, places[place.name], name, problems))
        layouts[name] = tuple(found)
    return layouts


def _place(wanted: Placeholder, given: Any, layout: str, problems: list[str]) -> Placeholder:
    """The product's place where and as the template has it."""
    box = Box(*(Emu(length).inches for length in (given.left, given.top, given.width, given.height)))
    least_width, least_height = _LEAST.get(wanted.name, (0, 0)) if layout != "Cover" else (0, 0)
    if box.width < least_width or box.height < least_height:
        problems.append(
            f"the place {wanted.name!r} of its layout {layout!r} is {box.width:.1f} by {box.height:.1f} inches and "
            f"needs {least_width} by {least_height}"
        )
    holder = given.element.find(".//{*}ph")
    kind = holder.get("type", "obj")
    if kind != wanted.kind.value:
        problems.append(
            f"the place {wanted.name!r} of its layout {layout!r} is of type {kind}, not {wanted.kind.value}"
        )
    look = given.element.find(f".//{_A}lvl1pPr/{_A}defRPr")
    size = wanted.size if look is None or look.get("sz") is None else int(look.get("sz")) / 100
    bold = wanted.bold if look is None or look.get("b") is None else look.get("b") in {"1", "true"}
    return replace(wanted, kind=Kind(wanted.kind), index=int(holder.get("idx", "0")), box=box, size=size, bold=bold)


def _theme(presentation: Any) -> tuple[dict[str, str], dict[str, str]]:
    """The theme's colours by slot, and its fonts."""
    part = next(
        relation.target_part
        for relation in presentation.slide_master.part.rels.values()
        if relation.reltype.endswith("/theme")
    )
    root = ElementTree.fromstring(part.blob)  # noqa: S314 - looked at before, and without a document type
    colours = {}
    for slot in root.findall(f".//{_A}clrScheme/*"):
        value = slot[0].get("lastClr") or slot[0].get("val") or "000000"
        colours[slot.tag.rpartition("}")[2]] = value.upper()
    fonts: dict[str, str] = {}
    for face in ("major", "minor"):
        latin = root.find(f".//{_A}{face}Font/{_A}latin")
        if latin is not None and latin.get("typeface"):
            fonts[face] = latin.get("typeface", "")
    return colours, fonts
