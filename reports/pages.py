"""A report as a page of HTML that stands alone, and as plain text: headings, sentences and small tables.

Styles stand at each element, because mail programs drop all others; nothing is fetched from outside.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

FOOTER = "<!-- footer -->"
"""Where a mail says what only its reader is told; nobody sees it on a page."""
_CELL = "padding:6px 14px 6px 0;border-bottom:1px solid #D8DEE6;vertical-align:top;text-align:"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what it comes to in a sentence, and a table below; `numbers` are columns set to the right."""

    title: str
    finding: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numbers: frozenset[int] = frozenset()


def as_html(title: str, opening: Sequence[str], sections: Sequence[Section], *, language: str = "en") -> str:
    """The page; every word in it is escaped."""
    paragraphs = "".join(f'<p style="margin:0 0 8px">{html.escape(text)}</p>' for text in opening)
    return (
        f'<!doctype html><html lang="{html.escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{html.escape(title)}</title></head>"
        '<body style="margin:0;padding:24px;font-family:Arial,sans-serif;font-size:14px;line-height:1.45;'
        'color:#1B2430;background:#FFFFFF"><div style="max-width:880px;margin:0 auto">'
        f'<h1 style="font-size:22px;margin:0 0 12px;color:#16324F">{html.escape(title)}</h1>{paragraphs}'
        f"{''.join(map(_section, sections))}{FOOTER}</div></body></html>\n"
    )


def as_text(title: str, opening: Sequence[str], sections: Sequence[Section]) -> str:
    """The same in plain text."""
    parts = [title, "=" * len(title), "", *opening]
    for section in sections:
        parts += ["", section.title, "-" * len(section.title), section.finding]
        parts += ["  " + " | ".join(row) for row in ((section.header, *section.rows) if section.rows else ())]
    return "\n".join(parts) + "\n"


def _section(section: Section) -> str:
    table = ""
    if section.rows:
        head = "".join(_cell("th", text, at in section.numbers) for at, text in enumerate(section.header))
        body = "".join(
            "<tr>" + "".join(_cell("td", text, at in section.numbers) for at, text in enumerate(row)) + "</tr>"
            for row in section.rows
        )
        # A table wider than a phone scrolls by itself; the page does not.
        table = (
            '<div style="overflow-x:auto"><table style="border-collapse:collapse;width:100%">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )
    return (
        f'<h2 style="font-size:16px;margin:24px 0 4px;color:#16324F">{html.escape(section.title)}</h2>'
        f'<p style="margin:0 0 8px">{html.escape(section.finding)}</p>{table}'
    )


def _cell(tag: str, text: str, is_number: bool) -> str:
    style = _CELL + ("right;white-space:nowrap" if is_number else "left")
    scope = ' scope="col"' if tag == "th" else ""
    return f'<{tag}{scope} style="{style}">{html.escape(text)}</{tag}>'
