"""The sentences send people to pages, sections and commands: all of them must be there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import extractors
from orchestration.cli.app import app
from warehouse.settings import PROJECT_ROOT

CODE = ("extractors", "warehouse", "orchestration", "reports", "expectations", "sandbox", "dbt_project/models")
PAGES = [*sorted((PROJECT_ROOT / "docs").rglob("*.md")), PROJECT_ROOT / "README.md"]


def anchor(heading: str) -> str:
    """What a page's heading is called in an address."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {anchor(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)}


def pointers() -> Iterator[tuple[str, str, str]]:
    """Every place in the code that names a page of docs/: the file, the page, the section if one is named."""
    # String literals over several lines are joined first, as Python does.
    for folder in CODE:
        for path in sorted((PROJECT_ROOT / folder).rglob("*.*")):
            if path.suffix not in {".py", ".sql", ".yml"}:
                continue
            text = re.sub(r'"\s*\n\s*f?"', "", path.read_text())
            for page, by_anchor, by_name in re.findall(r"docs/([\w/-]+\.md)(?:#([\w-]+)|,? '([^']+)')?", text):
                yield str(path.relative_to(PROJECT_ROOT)), page, by_anchor or anchor(by_name)


def test_every_section_that_a_sentence_names_exists() -> None:
    found = list(pointers())
    assert any(page == "troubleshooting.md" and section for _, page, section in found)
    assert any(page.startswith("runbooks/") and section for _, page, section in found)
    wrong = [
        f"{path}: docs/{page} {section}"
        for path, page, section in found
        if not (PROJECT_ROOT / "docs" / page).exists()
        or (section and section != "source" and section not in anchors(PROJECT_ROOT / "docs" / page))
    ]
    assert not wrong


@pytest.mark.parametrize("source", sorted(extractors.STREAMS))
def test_every_source_has_its_section_of_troubles(source: str) -> None:
    """`qbr doctor` sends people to the section that bears the source's name."""
    assert source in anchors(PROJECT_ROOT / "docs" / "troubleshooting.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_every_link_into_a_page_leads_to_a_section_of_it(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]*#[^)]+)\)", page.read_text()):
        path, _, section = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert section in anchors(file), f"{page.name} links to {target}"


def commands(group: object = None, prefix: str = "qbr") -> Iterator[tuple[str, object]]:
    """Every command by its whole name."""
    command = group or typer.main.get_command(app)
    below = getattr(command, "commands", {})
    if not below:
        yield prefix, command
    for name, one in below.items():
        yield from commands(one, f"{prefix} {name}")


def test_every_command_and_option_says_what_it_does() -> None:
    for name, command in commands():
        assert command.help, f"{name} has no help"
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name}: {parameter.name} has no help"


def test_every_command_that_a_page_or_a_sentence_names_exists() -> None:
    known = {name.removeprefix("qbr ") for name, _ in commands()}
    first_words = {name.split()[0] for name in known}
    texts = {str(page.relative_to(PROJECT_ROOT)): page.read_text() for page in PAGES}
    for folder in CODE:
        for path in (PROJECT_ROOT / folder).rglob("*.py"):
            texts[str(path.relative_to(PROJECT_ROOT))] = path.read_text()
    wrong = [
        f"{where}: qbr {word}"
        for where, text in texts.items()
        for word in re.findall(r"`(?:\.venv/bin/)?qbr ([a-z]+)", text)
        if word not in first_words
    ]
    assert not wrong
