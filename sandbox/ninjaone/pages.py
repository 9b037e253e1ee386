"""How NinjaOne cuts its lists: by the last id, by a filter alone, and the activity log by ids from the newest back."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.answers import joined, json_answer, raw_answer
from sandbox.ninjaone.errors import error
from sandbox.ninjaone.filters import device_filter, organization_filter, passing
from sandbox.shelves import Rendered

DEFAULT_PAGE = 100
LARGEST_PAGE = 1000  # asked for more, NinjaOne gives this many and says nothing
SMALLEST_LOG_PAGE, DEFAULT_LOG_PAGE = 10, 200


def page_of(rows: tuple[Rendered, ...], request: Request) -> Response:
    """The rows after an id, as a bare array: no envelope, no total, no sign that there is more."""
    asked = request.query_params
    try:
        size = min(int(asked.get("pageSize", DEFAULT_PAGE)), LARGEST_PAGE)
        after = int(asked.get("after", 0))
    except ValueError:
        return error(400)
    if size < 1:
        return error(400, "pageSize must be positive")
    if "df" in asked:
        passes = device_filter(asked["df"])
        rows = tuple(row for row in rows if passes(row.members))
    if "of" in asked:
        wanted = organization_filter(asked["of"])
        rows = tuple(row for row in rows if wanted(row.members))
    if not rows:
        return json_answer([])
    page = [row.body for row in rows if row.key > after][:size]
    return raw_answer(joined(page))


def filtered(
    rows: tuple[Rendered, ...], request: Request, shown: Callable[[tuple[Rendered, ...]], Response]
) -> Response:
    """What the request's filters leave of the rows, shown in this way."""
    try:
        left = passing(rows, request.query_params)
    except ValueError:
        return error(400)
    return shown(left)


def log_page(rows: tuple[Rendered, ...], request: Request) -> Response:
    """The newest activities below ``olderThan`` and above ``newerThan``, which both are ids.

    Below ``/api/v2`` they come as a bare array, as many tenants have it.
    """
    asked = request.query_params
    try:
        size = int(asked.get("pageSize", DEFAULT_LOG_PAGE))
        below, above = (int(asked[name]) if name in asked else None for name in ("olderThan", "newerThan"))
    except ValueError:
        return error(400)
    if not SMALLEST_LOG_PAGE <= size <= LARGEST_PAGE:
        return error(400, f"pageSize must be between {SMALLEST_LOG_PAGE} and {LARGEST_PAGE}")
    start = 0 if below is None else bisect_right(rows, -below, key=lambda row: -row.key)
    end = len(rows) if above is None else bisect_left(rows, -above, key=lambda row: -row.key)
    page = rows[start : min(end, start + size)]
    bodies = joined(row.body for row in page)
    if "/api/v2/" in request.url.path:
        return raw_answer(bodies)
    last = {"lastActivityId": page[-1].key} if page else {}
    return json_answer({**last, "activities": msgspec.Raw(bodies)})
