"""One value as the text of a cell."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from reports.decks.xmltext import legal

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets begin to calculate at, the wide forms of East Asian keyboards included.

https://owasp.org/www-community/attacks/CSV_Injection
"""


def neutralised(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet would take it for a formula; a number stays a number."""
    if not text.lstrip(" ").startswith(_STARTS_A_FORMULA) or _NUMBER.fullmatch(text):
        return text
    return "'" + text


def plain_text(value: object) -> str:
    """A value as text that any program reads back: all digits, ISO days, instants in UTC."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def cell_text(value: object) -> str:
    """A value as the text of a CSV cell; only what is text can be taken for a formula."""
    return neutralised(legal(value)) if isinstance(value, str) else plain_text(value)
