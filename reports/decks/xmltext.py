"""Text on its way into XML: escaped, and without the characters that XML cannot hold."""

import re
from xml.sax.saxutils import escape, quoteattr

# XML 1.0, production Char: everything else makes a part that no program opens.
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """`text` without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def content(text: str) -> str:
    """`text` as the content of an element."""
    return escape(legal(text))


def attribute(text: str) -> str:
    """`text` as a quoted attribute value."""
    return quoteattr(legal(text))
