"""The engine: a presentation from a brand's template, pages with named places, receipts gathered as figures appear.

Renderers in `slides/` fill places of a layout and never compute; look lives in `theme` and `layouts`. `Deck.save`
closes every page by writing its receipts into the speaker notes.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pptx import Presentation
from pptx.oxml import parse_xml

from reports.decks import receipts
from reports.decks.brand import WHITE, Brand
from reports.decks.charts import Chart
from reports.decks.findings import Finding
from reports.decks.layouts import Box, Kind, Placeholder
from reports.decks.measure import LINE_HEIGHT, wrapped
from reports.decks.notes import Notes
from reports.decks.pack import repacked
from reports.decks.package_parts import PackageParts
from reports.decks.records import DeckRecord, Field, SlideRecord
from reports.decks.shapes import (
    NAMESPACES,
    SMALLEST,
    Paragraph,
    Run,
    Table,
    chart_xml,
    fitted,
    paragraph_xml,
    table_xml,
    textbox_xml,
)
from reports.decks.snapshots import DeckSnapshot
from reports.decks.templates import open_template
from reports.decks.xmltext import attribute, legal
from reports.formats import Formats
from reports.views.figures import Figure, Receipt
from warehouse.periods import Quarter


class Deck:
    """One presentation, drawn from a deck snapshot. `owner`, `client`, `quarter` and `state` are the snapshot's."""

    def __init__(self, *, brand: Brand, formats: Formats, snapshot: DeckSnapshot) -> None:
        opened = open_template(brand)
        self.brand, self.sheet = opened.brand, opened.sheet
        self.formats = formats
        self.snapshot = snapshot
        self.title = snapshot.title
        self.quarter = snapshot.quarter
        self.draft_reason = snapshot.draft_reason
        self._presentation = Presentation(io.BytesIO(opened.content))
        self.parts = PackageParts(self._presentation)
        self._layouts = {layout.name: layout for layout in self._presentation.slide_layouts}
        self._receipts_heading = receipts.heading(
            snapshot.owner.organization_id, snapshot.quarter.quarter, snapshot.state
        )
        self._pages: list[Page] = []
        self._slide, self._kicker = "", ""

    @property
    def incomplete_words(self) -> str:
        """What every slide of an unfinished quarter says."""
        over = len(self.quarter.complete_months)
        return f"Incomplete quarter: {over} of 3 months are over"

    @property
    def footer(self) -> str:
        """The line at the foot of every slide but the cover."""
        parts = [self.brand.name, self.title, self.formats.quarter(self.quarter.quarter)]
        if not self.quarter.is_complete:
            parts.append(self.incomplete_words)
        return "  |  ".join([*parts, self.brand.footer] if self.brand.footer else parts)

    @property
    def slides(self) -> int:
        """How many slides there are so far."""
        return len(self._pages)

    def cover(self) -> "Page":
        """The first page; it has no footer."""
        return self._page("Cover")

    def begin(self, slide: str, kicker: str) -> None:
        """From here on pages belong to the declared slide of this name."""
        self._slide, self._kicker = slide, kicker

    def page(self, layout: str, title: str | Finding, *, kicker: str | None = None) -> "Page":
        """A page with what was found (`title`) under what it is about (`kicker`, as declared unless given).

        A slide whose content does not fit asks for another page of the same layout.
        """
        page = self._page(layout)
        page.fill("Kicker", self._kicker if kicker is None else kicker)
        page.headline(page.words(title) if isinstance(title, Finding) else title)
        page.fill("Footer", self.footer)
        page.number(len(self._pages))
        return page

    def save(self) -> bytes:
        """The finished .pptx; the same content gives the same bytes."""
        for page in self._pages:
            page.write_notes(self._receipts_heading)
        # A fixed instant that belongs to the content: no clock may show through.
        ended = Quarter.parse(self.quarter.quarter).periods[2].first_day
        instant = datetime(ended.year, ended.month, ended.day, tzinfo=UTC).replace(tzinfo=None)
        properties = self._presentation.core_properties
        properties.title = legal(self.title)
        properties.author = properties.last_modified_by = legal(self.brand.name)
        properties.created = properties.modified = instant
        properties.revision = 1
        written = io.BytesIO()
        self._presentation.save(written)
        return repacked(written.getvalue())

    def record(self) -> DeckRecord:
        """What the deck says, slide by slide."""
        snapshot = self.snapshot
        return DeckRecord(
            deck=snapshot.deck,
            title=self.title,
            organization_id=snapshot.owner.organization_id,
            organization_name=snapshot.owner.name,
            client_id=snapshot.client_id,
            client_name=None if snapshot.client is None else snapshot.client.name,
            quarter=self.quarter.quarter,
            footer=self.footer,
            draft_reason=self.draft_reason,
            receipts_heading=self._receipts_heading,
            slides=tuple(page.record(number) for number, page in enumerate(self._pages, start=1)),
        )

    def _page(self, layout: str) -> "Page":
        page = Page(self, self.parts.slide(self._layouts[layout]), layout, self._slide)
        self._pages.append(page)
        return page


class Page:
    """One slide being filled. Every figure shown is cited, and every place is asked for by name."""

    def __init__(self, deck: Deck, slide: Any, layout: str, name: str) -> None:
        self.formats = deck.formats
        self._name = name
        self._deck = deck
        self._slide = slide
        self._layout = layout
        self._tree = slide.shapes.element
        self._next_id = 2
        self._cited: dict[tuple[str, str, str], dict[str | None, Figure]] = {}
        self._spoken: list[str] = []
        self._noted = Notes()
        if deck.draft_reason is not None:
            self._draft_mark(deck.draft_reason)

    def place(self, name: str) -> Box:
        """Where the layout keeps the place `name`."""
        return self._deck.sheet.place(self._layout, name).box

    @property
    def content(self) -> Box:
        """The room between title and footer on a page of the layout Finding."""
        return self._deck.sheet.place("Finding", "Content").box

    @property
    def on_primary(self) -> str:
        """The theme colour of text that stands on the brand's primary colour (the slot `folHlink`)."""
        return "bg1" if self._deck.brand.on_primary == WHITE else "tx1"

    def cite(self, figure: Figure, shown: str | None = None) -> None:
        """Put the figure's receipt into the speaker notes."""
        key = (figure.metric, figure.period, figure.client_id)
        self._cited.setdefault(key, {}).setdefault(shown, figure)

    def count(self, metric: str, period: str, number: int, *, model: str, how: str = "rows counted") -> str:
        """A number of rows of `model`, or what `how` says of them, cited as `metric`."""
        shown = self.formats.number(number)
        receipt = Receipt(model=model, method="recorded", note=how)
        self.cite(Figure(metric, metric, period, Decimal(number), "count", receipt), shown)
        return shown

    def value(self, figure: Figure, *, places: int | None = None) -> str:
        """The figure's text, cited."""
        shown = self.formats.value(figure.value, figure.unit, places=places)
        self.cite(figure, shown)
        return shown

    def signed(self, figure: Figure, *, places: int | None = None) -> str:
        """A difference's text with its sign, cited; ``No data`` when it is missing."""
        if figure.value is None:
            return self.value(figure)
        shown = self.formats.signed(figure.value, figure.unit, places=places)
        self.cite(figure, shown)
        return shown

    def words(self, finding: Finding) -> str:
        """A finding's text, its figures cited."""
        for figure, shown in finding.figures:
            self.cite(figure, shown)
        return finding.text

    def say(self, text: str) -> None:
        """Words for the presenter, above the receipts."""
        self._spoken.append(text)

    def act(self, text: str) -> None:
        """Note what the slide asks to decide or do, so that it can be set beside the deck of another quarter."""
        self._noted.actions.append(text)

    def typed(self, text: str) -> str:
        """Words that a person wrote, noted as such."""
        self._noted.typed.append(text)
        return text

    def fill(self, name: str, text: str, *, sizes: tuple[float, ...] | None = None) -> None:
        """Text into the place `name`, as large as fits of `sizes` (points, descending)."""
        place = self._deck.sheet.place(self._layout, name)
        sizes = sizes or (place.size, *(size for size in (13.0, 12.0, SMALLEST) if size < place.size))
        self._noted.fill(name, text)
        text, size = fitted(text, sizes, place.box, bold=place.bold, font=self._font(place))
        paragraphs = [Paragraph([Run(line, size)], align=place.align) for line in text.split("\n")]
        font = "+mj-lt" if place.kind in _HEADINGS else "+mn-lt"
        self._write_place(place, "".join(paragraph_xml(paragraph, font) for paragraph in paragraphs))

    def headline(self, text: str) -> None:
        """The slide's title: on one line where it fits a little smaller, else on two."""
        place = self._deck.sheet.place(self._layout, "Title")
        one_line = Box(0, 0, place.box.width, place.size * LINE_HEIGHT / 72 + 0.001)
        for size in (place.size, place.size - 2):
            if fitted(text, (size,), one_line, bold=place.bold, font=self._font(place))[0] == text:
                self.fill("Title", text, sizes=(size,))
                return
        self.fill("Title", text, sizes=(place.size, 22, 20, 18))

    def number(self, number: int) -> None:
        """The slide's number into its place, as a field that follows the slide."""
        place = self._deck.sheet.place(self._layout, "Slide Number")
        field = (
            '<a:p><a:fld id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}" type="slidenum"><a:rPr lang="en-US"/>'
            f"<a:t>{number}</a:t></a:fld></a:p>"
        )
        self._write_place(place, field)

    def chart(self, place: str | Box, chart: Chart, figures: Iterable[Figure]) -> None:
        """A native chart with its workbook; `figures` are the points it draws."""
        for figure in figures:
            self.cite(figure)
        box, index, name = self._where(place)
        relation = self._deck.parts.chart(self._slide, chart.xml(), chart.embedded_workbook())
        self._add(chart_xml(self._id(), name, box, relation, place=index, alt=chart.alt_text()))
        self._noted.chart(name, chart)

    def table(self, place: str | Box, table: Table, *, alt: str) -> None:
        """A native table at the top of its place."""
        box, index, name = self._where(place)
        brand = self._deck.brand
        self._add(
            table_xml(self._id(), name, box, table, font=brand.body_font, head=self.on_primary, place=index, alt=alt)
        )
        self._noted.table(table, alt)

    def text(self, name: str, box: Box, paragraphs: Sequence[Paragraph], **look: Any) -> None:
        """A text box or filled shape; `look` as `shapes.textbox_xml` takes it. The caller has measured the text."""
        self._noted.text(paragraphs)
        self._add(textbox_xml(self._id(), name, box, paragraphs, **look))

    def fit(
        self, text: str, sizes: tuple[float, ...], box: Box, *, bold: bool = False, margin: float = 0.0
    ) -> tuple[str, float]:
        """`shapes.fitted` in the brand's body font."""
        return fitted(text, sizes, box, bold=bold, font=self._deck.brand.body_font, margin=margin)

    def lines(self, text: str, size: float, width: float, *, bold: bool = False) -> int:
        """How many lines `text` takes at `size` points in `width` inches."""
        return len(wrapped(text, size, width * 72, bold=bold, font=self._deck.brand.body_font))

    def record(self, number: int) -> SlideRecord:
        """What the page says."""
        cited = [Field(figure, shown) for shows in self._cited.values() for figure, shown in _shown(shows)]
        return self._noted.record(self._name, number, cited, self._spoken)

    def write_notes(self, heading: str) -> None:
        """What to say and every receipt, into the speaker notes."""
        lines = [*self._spoken]
        cited = [receipts.line(figure, shown) for shows in self._cited.values() for figure, shown in _shown(shows)]
        if cited:
            lines += [heading, *cited]
        if lines:
            self._deck.parts.notes(self._slide, "\n".join(lines).split("\n"))

    def _where(self, place: str | Box) -> tuple[Box, int | None, str]:
        if isinstance(place, Box):
            return place, None, f"Content {self._next_id}"
        found = self._deck.sheet.place(self._layout, place)
        return found.box, found.index, found.name

    def _write_place(self, place: Placeholder, paragraphs: str) -> None:
        kind = f' type="{place.kind.value}"'
        index = f' idx="{place.index}"' if place.index else ""
        self._add(
            f'<p:sp {NAMESPACES}><p:nvSpPr><p:cNvPr id="{self._id()}" name={attribute(place.name)}/>'
            f'<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph{kind}{index}/></p:nvPr></p:nvSpPr><p:spPr/>'
            f"<p:txBody><a:bodyPr/><a:lstStyle/>{paragraphs}</p:txBody></p:sp>"
        )

    def _draft_mark(self, reason: str) -> None:
        box = Box(self._deck.sheet.width - 3.933, 0.14, 3.333, 0.46)
        text, size = self.fit(f"DRAFT: {reason}", (12, SMALLEST), box, bold=True, margin=0.04)
        mark = [Paragraph([Run(text, size, bold=True, colour="accent6")], align="ctr")]
        self.text("Draft Mark", box, mark, fill="bg1", line="accent6", margin=0.04, anchor="ctr")

    def _font(self, place: Placeholder) -> str:
        brand = self._deck.brand
        return brand.heading_font if place.kind in _HEADINGS else brand.body_font

    def _add(self, xml: str) -> None:
        self._tree.append(parse_xml(xml))

    def _id(self) -> int:
        self._next_id += 1
        return self._next_id


_HEADINGS = {Kind.TITLE, Kind.COVER_TITLE}


def _shown(shows: dict[str | None, Figure]) -> list[tuple[Figure, str | None]]:
    """One line for each way a figure was shown; a chart's point needs none of its own where a text shows it too."""
    spoken: list[tuple[Figure, str | None]] = [(figure, text) for text, figure in shows.items() if text is not None]
    return spoken or [(figure, None) for figure in shows.values()]
