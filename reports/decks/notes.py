"""What a page says, noted while it is drawn; becomes the page's part of the deck's record."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reports.decks.charts import Chart
from reports.decks.records import ChartRecord, Field, SlideRecord, TableRecord, lines_of
from reports.decks.shapes import Paragraph, Table

_FRAME = {"Kicker", "Title", "Footer"}


@dataclass(slots=True)
class Notes:
    """Words, tables and charts of one page in the order drawn."""

    frame: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    tables: list[TableRecord] = field(default_factory=list)
    charts: list[ChartRecord] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    def fill(self, place: str, text: str) -> None:
        """Text put into a place of the layout, before it was cut to fit."""
        if place in _FRAME:
            self.frame[place] = text
        else:
            self.texts.append(text)

    def text(self, paragraphs: Sequence[Paragraph]) -> None:
        """The paragraphs of a text box."""
        self.texts.extend("".join(run.text for run in paragraph.runs) for paragraph in paragraphs)

    def table(self, table: Table, alt: str) -> None:
        """A table's cells, before any was cut to fit."""
        self.tables.append(
            TableRecord(
                tuple(column.heading for column in table.columns),
                tuple(tuple(cell.text for cell in row) for row in table.rows),
                tuple(sorted(table.strong)),
                alt,
            )
        )

    def chart(self, place: str, chart: Chart) -> None:
        """A chart's numbers."""
        self.charts.append(
            ChartRecord(
                place,
                chart.title,
                tuple(chart.categories),
                tuple((line.name, tuple(line.values)) for line in chart.lines),
                tuple(plot.kind for plot in chart.plots for _ in plot.lines),
                chart.number_format,
                chart.alt_text(),
            )
        )

    def record(self, slide: str, number: int, fields: Sequence[Field], spoken: Sequence[str]) -> SlideRecord:
        """The page as a record."""
        return SlideRecord(
            slide=slide,
            number=number,
            kicker=self.frame.get("Kicker", ""),
            title=self.frame.get("Title", ""),
            texts=lines_of(self.texts),
            tables=tuple(self.tables),
            charts=tuple(self.charts),
            fields=tuple(fields),
            typed=tuple(self.typed),
            actions=tuple(self.actions),
            spoken=tuple(spoken),
        )
