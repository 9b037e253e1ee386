"""docs/configuration.md names every key of an organization's file, and no other, with the default it really has."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic_core import PydanticUndefined

from warehouse.alert_rules import default_alerts
from warehouse.config_section import Section
from warehouse.rules import Organization

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
# Every source has the same options, described once; a dict's keys are chosen by the author of the file.
CHOSEN_NAMES = {
    "thresholds": "thresholds.<metric>",
    "alerts": "alerts.<rule>",
    "sources.opsdb.tables": "sources.opsdb.tables.<stream>",
}
SOURCES = ("ninjaone", "connectwise", "stripe", "quickbooks")


def documented() -> dict[str, str]:
    """Key to default, from the tables of the page."""
    rows = re.findall(r"^\| `([a-z_.\[\]<>]+)` \| (.+?) \| .+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a key is described twice"
    return dict(rows)


def declared(model: type[Section] = Organization, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Key and default of every field, sections followed downwards."""
    for name, field in model.model_fields.items():
        key = prefix + name
        below = section_in(field.annotation)
        is_group = below is not None and get_origin(field.annotation) is None
        if not is_group:
            yield key, field.get_default(call_default_factory=True)
        if below is not None:
            if key in CHOSEN_NAMES:
                key = CHOSEN_NAMES[key]
            elif key.startswith("sources.") and name in SOURCES:
                key = "sources.<source>"
            elif get_origin(field.annotation) is tuple:
                key += "[]"
            yield from declared(below, f"{key}.")


def section_in(annotation: Any) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := section_in(part))), None)


def written(value: Any) -> str:
    """As an author of a file writes it, without what is left to its default."""
    if isinstance(value, Section):
        given = value.model_dump(exclude_defaults=True)
        return "{" + ", ".join(f"{key}: {written(one)}" for key, one in given.items()) + "}"
    return f"[{', '.join(map(written, value))}]" if isinstance(value, tuple) else str(value)


def test_every_key_is_described_and_no_other():
    assert set(documented()) == {key for key, _ in declared()}


def test_every_default_on_the_page_is_the_real_one():
    told = documented()
    wrong = {}
    for key, default in declared():
        if default is PydanticUndefined:
            is_right = told[key].startswith(("required", "that of the rule"))
        elif default is None or default in ("", {}):
            is_right = not told[key].startswith("`") or told[key] == "`{}`"
        elif isinstance(default, bool):
            is_right = told[key] == f"`{str(default).lower()}`"
        elif isinstance(default, tuple):
            is_right = told[key] == f"`[{', '.join(map(written, default))}]`"
        else:
            is_right = told[key] == f"`{default}`"
        if not is_right:
            wrong[key] = (told[key], default)
    assert wrong == {}


def test_the_rules_that_hold_without_being_written_are_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    for name, rule in default_alerts().items():
        assert re.search(rf"`{name}` \({rule['severity']}", page), name
