"""What a deck adds to its package: slides without places, charts with their workbooks, speaker notes.

python-pptx does each of them too, but looks through all parts for every new name and copies places that pages write
whole; for a deck of a dozen slides that is a fifth of the work.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from pptx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.parts.chart import ChartPart
from pptx.parts.embeddedpackage import EmbeddedXlsxPart
from pptx.parts.slide import NotesSlidePart

from reports.decks.xmltext import content

_NOTES = "/ppt/notesSlides/notesSlide%d.xml"
_DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


class PackageParts:
    """The parts of one presentation that is being made."""

    def __init__(self, presentation: Any) -> None:
        self._presentation = presentation
        self._package = presentation.part.package
        self._names = {part.partname for part in self._package.iter_parts()}
        self._blank_notes: Any = None

    def slide(self, layout: Any) -> Any:
        """A new last slide of `layout`, with none of the places that it offers."""
        relation, slide = self._presentation.part.add_slide(layout)
        self._presentation.element.get_or_add_sldIdLst().add_sldId(relation)
        return slide

    def chart(self, slide: Any, xml: bytes, workbook: bytes) -> str:
        """A chart with the workbook it was drawn from; the id by which `slide` relates to it."""
        part = ChartPart.load(self._name(ChartPart.partname_template), CONTENT_TYPE.DML_CHART, self._package, xml)
        part.chart_workbook.xlsx_part = EmbeddedXlsxPart(
            self._name(EmbeddedXlsxPart.partname_template), EmbeddedXlsxPart.content_type, self._package, workbook
        )
        relation: str = slide.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
        return relation

    def notes(self, slide: Any, lines: Sequence[str]) -> None:
        """Speaker notes, a paragraph a line."""
        if self._blank_notes is None:
            notes = slide.notes_slide
            self._names.add(notes.part.partname)
            self._blank_notes = deepcopy(notes.element)
        else:
            part = NotesSlidePart(
                self._name(_NOTES), CONTENT_TYPE.PML_NOTES_SLIDE, self._package, deepcopy(self._blank_notes)
            )
            part.relate_to(self._package.presentation_part.notes_master_part, RELATIONSHIP_TYPE.NOTES_MASTER)
            part.relate_to(slide.part, RELATIONSHIP_TYPE.SLIDE)
            slide.part.relate_to(part, RELATIONSHIP_TYPE.NOTES_SLIDE)
            notes = part.notes_slide
        paragraphs = "".join(
            f"<a:p><a:r><a:t>{content(line)}</a:t></a:r></a:p>" if line else "<a:p/>" for line in lines
        )
        body = notes.notes_placeholder.element.get_or_add_txBody()
        body.clear_content()
        body.extend(parse_xml(f"<a:body {_DRAWING}>{paragraphs}</a:body>"))

    def _name(self, template: str) -> PackURI:
        """The first name of this kind that no part has."""
        number = 1
        while (name := PackURI(template % number)) in self._names:
            number += 1
        self._names.add(name)
        return name
