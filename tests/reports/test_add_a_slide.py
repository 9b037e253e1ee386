"""The page that says how a slide is added is followed to the letter: one view, one renderer, one line."""

import io
import re
import sys
from decimal import Decimal
from types import ModuleType

import pytest
import yaml
from pptx import Presentation

from reports.decks import declarations
from reports.decks.builder import gather_deck
from reports.decks.rendering import render
from reports.decks.snapshots import decode, encode
from tests.reports import marts, reading
from warehouse.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "how-to" / "add-a-slide.md").read_text()


def shown(language: str) -> list[str]:
    """The pieces of the page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def followed(monkeypatch, tmp_path):
    """The view and the renderer where the page puts them, and the line in the company's declaration."""
    view, renderer = shown("python")
    for name, source in (("reports.views.satisfaction", view), ("reports.decks.slides.satisfaction", renderer)):
        assert name.replace(".", "/") + ".py" in PAGE
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(source, name, "exec"), vars(module))
    [line] = shown("yaml")
    declared = (declarations.FOLDER / "company.yml").read_text()
    (tmp_path / "company.yml").write_text(declared + line)
    monkeypatch.setattr(declarations, "FOLDER", tmp_path)
    for memory in (declarations.declaration, declarations.view_of, declarations.renderer_of, declarations.content_type):
        memory.cache_clear()
    yield
    monkeypatch.undo()
    for memory in (declarations.declaration, declarations.view_of, declarations.renderer_of, declarations.content_type):
        memory.cache_clear()


def score(connection, value: str) -> None:
    row = {
        "organization_id": marts.ORGANIZATION, "client_id": "all", "period": "2026-06", "metric": "nps",
        "label": "Net promoter score", "unit": "count", "value": Decimal(value), "method": "manual",
        "quarter": marts.QUARTER, "source": "manual", "source_rows": 1, "freshest_at": marts.READ_AT,
        "is_complete_period": True,
    }  # fmt: skip
    marts.insert(connection, "marts.fct_metrics_monthly", [row])


def test_a_slide_is_one_view_one_renderer_and_one_line():
    view, renderer = shown("python")
    [line] = shown("yaml")
    assert view.count("def satisfaction(") == renderer.count("def render_") == 1
    assert len(yaml.safe_load(line)) == 1
    assert len(renderer.strip().splitlines()) <= 25


def test_what_the_page_shows_is_a_slide_with_chart_receipt_and_record(followed, fernhill):
    score(fernhill, "42")
    snapshot = decode(encode(gather_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER)))
    drawn = render(snapshot)
    page = Presentation(io.BytesIO(drawn.content)).slides[-1]
    assert {"What clients say", "Clients score us at 42"} <= set(reading.texts(page))
    [chart] = reading.charts(page)
    assert chart.cache == chart.workbook == {"Net promoter score": [None] * 12 + [Decimal(42)]}
    assert any("nps | 2026-06 | 42 count | shown as 42 | manual" in line for line in reading.notes(page))
    assert drawn.record.slides[-1].slide == "satisfaction"


def test_without_data_there_is_no_slide_and_the_snapshot_says_why(followed, fernhill):
    snapshot = gather_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER)
    assert "satisfaction" not in {slide.slide for slide in snapshot.slides}
    assert ("satisfaction", "there is nothing to show") in {(left.slide, left.reason) for left in snapshot.left_out}


def test_the_page_names_every_key_of_a_line():
    for key in declarations._SLIDE_KEYS:
        assert f"| `{key}` |" in PAGE
