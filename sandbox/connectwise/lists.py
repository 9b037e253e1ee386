"""ConnectWise lists: conditions, order, ``fields``, and two ways of paging, with ``Link`` headers for both."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.answers import joined, raw_answer
from sandbox.connectwise import grammar
from sandbox.connectwise.comparison import ConditionRefused
from sandbox.connectwise.errors import error
from sandbox.connectwise.names import child_test, chosen_fields, reader_for
from sandbox.shelves import Rendered, Shelf

DEFAULT_PAGE = 25
LARGEST_PAGE = 1000  # asked for more, ConnectWise gives this many and says nothing
LONGEST_URL = 8000
VERSION = "2026.4"

Rows = tuple[Rendered, ...]
ListKey = tuple[object, ...]


def asked_rows(shelf: Shelf[Rows], key: ListKey, resource: str, rows: Rows, asked: Mapping[str, str]) -> Rows:
    """The rows that pass the conditions, in the order asked for; kept, since every page asks for them again.

    ``key`` names the list that ``rows`` are. Raises ``ConditionRefused``.
    """
    conditions, order = asked.get("conditions", "").strip(), asked.get("orderBy", "").strip()
    children = asked.get("childConditions", "").strip()
    if asked.get("customFieldConditions"):
        raise ConditionRefused("customFieldConditions is not simulated by this sandbox.")
    if not conditions and not children and not order:
        return rows

    def build(_: object) -> Rows:
        test = grammar.parsed(conditions, reader_for(resource)) if conditions else None
        found = [row for row in rows if test(row.members)] if test else list(rows)
        if children:
            has_child = child_test(resource, children)
            found = [row for row in found if has_child(row.members)]
        for name, is_descending in reversed(order_terms(order)):
            read = reader_for(resource)(name)
            found.sort(key=lambda row: sort_key(read(row.members)), reverse=is_descending)
        return tuple(found)

    return shelf.kept((*key, conditions, children, order), build)


def order_terms(text: str) -> list[tuple[str, bool]]:
    """``lastUpdated desc, id`` as names, each with whether it descends."""
    terms = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = re.fullmatch(r"([\w/]+)(?:\s+(asc|desc))?", part, re.IGNORECASE)
        if found is None:
            raise ConditionRefused(f"'{part}' is not a valid order.")
        terms.append((found[1], (found[2] or "").lower() == "desc"))
    return terms


def sort_key(value: Any) -> tuple[bool, Any]:
    """Absent values come first, as the database underneath has it."""
    return (value is not None, value.casefold() if isinstance(value, str) else value or 0)


def page_of(resource: str, rows: Rows, request: Request, asked: Mapping[str, str]) -> Response:
    """One page of these rows, navigable or forward-only as the request's header says."""
    try:
        size = min(int(asked.get("pageSize", DEFAULT_PAGE)), LARGEST_PAGE)
        page, page_id = int(asked.get("page", 1)), int(asked.get("pageId", 0) or 0)
    except ValueError:
        return error(400, "page, pageSize and pageId are numbers.")
    if size < 1 or page < 1:
        return error(400, "page and pageSize start at 1.")
    if request.headers.get("pagination-type", "").lower() == "forward-only":
        if asked.get("orderBy"):
            return error(400, "orderBy cannot be used with forward-only pagination.")
        after = [row for row in rows if row.key > page_id]
        shown = after[:size]
        links = {"next": {"pageId": shown[-1].key, "pageSize": size}} if len(after) > size else {}
    else:
        last = max(1, -(-len(rows) // size))
        shown = list(rows[(page - 1) * size : page * size])
        links = navigation(page, last, size)
    headers = {"link": link_header(request, links), "api-current-version": VERSION}
    if "fields" in asked:
        choose = chosen_fields(resource, asked["fields"])
        return raw_answer(msgspec.json.encode([choose(row.members) for row in shown]), headers=headers)
    return raw_answer(joined(row.body for row in shown), headers=headers)


def navigation(page: int, last: int, size: int) -> dict[str, dict[str, int]]:
    """Where the links of a navigable page lead."""
    pages = {"first": 1, "last": last}
    if page > 1:
        pages["prev"] = min(page - 1, last)
    if page < last:
        pages["next"] = page + 1
    return {rel: {"page": number, "pageSize": size} for rel, number in pages.items()}


def link_header(request: Request, links: Mapping[str, Mapping[str, int]]) -> str:
    """Absolute addresses that repeat the rest of the question; empty when there is nowhere to go."""
    kept = {name: value for name, value in request.query_params.items() if name not in ("page", "pageId", "pageSize")}
    address = str(request.url.replace(query=""))
    return ", ".join(f'<{address}?{urlencode({**kept, **to})}>; rel="{rel}"' for rel, to in links.items())
