"""Pages of a list with other rows than they should have, wherever a vendor puts its rows and its next page."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

Rows = list[Any]


def without_last_rows(body: bytes, rows: int) -> bytes:
    """The same answer short of its last records."""
    return with_rows(body, lambda found: found[:-rows])


def reversed_rows(body: bytes) -> bytes:
    """The same answer, its records from the last to the first."""
    return with_rows(body, lambda found: found[::-1])


def with_rows(body: bytes, change: Callable[[Rows], Rows]) -> bytes:
    """The answer with its list of records changed; as it was when it holds none."""
    data = msgspec.json.decode(body)
    if isinstance(data, list):
        return msgspec.json.encode(change(data))
    envelope = data.get("QueryResponse", data)
    name = next((name for name, value in envelope.items() if isinstance(value, list)), None)
    if name is None:
        return body
    envelope[name] = change(envelope[name])
    if "maxResults" in envelope:
        envelope["maxResults"] = len(envelope[name])
    return msgspec.json.encode(data)


def following(source: str, query: str, body: bytes, headers: Mapping[str, str]) -> str | None:
    """The query string of the page after this answer, as the vendor's clients ask for it; None after the last."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if source == "connectwise":
        link = re.match(r"<([^>]+)>", headers.get("link", ""))
        return urlsplit(link.group(1)).query if link else None
    if source == "quickbooks":
        found = re.search(r"STARTPOSITION (\d+) MAXRESULTS (\d+)", asked.get("query", ""))
        if found is None:
            return None
        position, size = int(found.group(1)), int(found.group(2))
        asked["query"] = asked["query"].replace(f"STARTPOSITION {position} ", f"STARTPOSITION {position + size} ")
        return urlencode(asked)
    data: Any = msgspec.json.decode(body)
    rows = data.get("data", []) if isinstance(data, dict) else data
    if not rows:
        return None
    if source == "stripe":
        return urlencode({**asked, "starting_after": rows[-1]["id"]}) if data["has_more"] else None
    return urlencode({**asked, "after": max(row["id"] for row in rows)})
