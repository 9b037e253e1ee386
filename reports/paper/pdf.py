"""The PDF beside each deck, and which program made it."""

import hashlib
import importlib.util
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.errors import ReportError
from reports.files import finished
from reports.paper.office import OfficeFailed, installed, print_with_office
from reports.paper.pages import html


class PaperUnavailable(ReportError):
    """Neither LibreOffice nor WeasyPrint could print; the decks themselves are whole."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF as it was written."""

    deck: Path
    path: Path
    sha256: str
    made_by: str
    """``LibreOffice`` or ``WeasyPrint``."""


def print_decks(decks: Sequence[Path], *, office: bool = True) -> list[Printed]:
    """A PDF beside each deck, by LibreOffice where it is installed and works, else by WeasyPrint.

    Of `office` False LibreOffice is not asked. Raises PaperUnavailable with both reasons when neither can print.
    """
    if not decks:
        return []
    why = "LibreOffice is not installed"
    with tempfile.TemporaryDirectory(prefix="qbr-paper-") as folder:
        program = installed() if office else None
        if program is not None:
            try:
                made = print_with_office(program, decks, Path(folder))
                return [_put(deck, path.read_bytes(), "LibreOffice") for deck, path in zip(decks, made, strict=True)]
            except OfficeFailed as error:
                why = str(error)
        if (lacking := _weasyprint_lacks()) is not None:
            raise PaperUnavailable(
                f"No PDF was made of {len(decks)} decks: {why}, and {lacking}. The decks themselves are whole. Install "
                "LibreOffice, or the Pango libraries of your system (docs/how-to/print-decks.md), and build them again."
            )
        return [_put(deck, _printed(deck), "WeasyPrint") for deck in decks]


def _weasyprint_lacks() -> str | None:
    """Why WeasyPrint cannot print here; None when it can."""
    if importlib.util.find_spec("weasyprint") is None:
        return "WeasyPrint is not installed"
    try:
        import weasyprint  # type: ignore[import-untyped]  # noqa: F401  it looks for Pango when it is imported
    except OSError:
        return "WeasyPrint does not find Pango"
    return None


def _printed(deck: Path) -> bytes:
    import weasyprint

    written: bytes = weasyprint.HTML(string=html(deck.read_bytes()), url_fetcher=_only_embedded).write_pdf()
    return written


def _only_embedded(url: str, **_: object) -> dict[str, object]:
    """Pictures stand in the page itself; nothing is ever fetched."""
    if not url.startswith("data:"):
        raise ValueError(f"A deck asks for {url.split(':', 1)[0]}: something outside of itself.")
    from weasyprint.urls import default_url_fetcher  # type: ignore[import-untyped]

    found: dict[str, object] = default_url_fetcher(url)
    return found


def _put(deck: Path, content: bytes, made_by: str) -> Printed:
    path = deck.with_suffix(".pdf")
    with finished(path) as unfinished:
        unfinished.write_bytes(content)
    return Printed(deck, path, hashlib.sha256(content).hexdigest(), made_by)
