"""Reports page by page: a cursor that lives on the server, under a name that stays or changes.

Users report both, so both are here: below ``/v2`` a name stays while its position moves on, and the last page comes
without a cursor; below ``/api/v2`` every answer has another name, and an answer without rows is the end. Where the
name stays, an answer that is lost on its way is lost for good: the position has moved.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.answers import json_answer
from sandbox.ninjaone.errors import error
from sandbox.shelves import Rendered

DEFAULT_PAGE, LARGEST_PAGE = 100, 10_000
SECONDS_KEPT = 600


@dataclass(slots=True)
class Place:
    """How far one report has been given out, to whom, and until when that is remembered (wall time)."""

    path: str
    token: str
    offset: int
    expires: float


@dataclass(slots=True)
class Cursors:
    """The places of all reports that are being read."""

    wall: Callable[[], float]
    _places: dict[str, Place] = field(default_factory=dict)
    _made: int = 0

    def page(self, rows: Sequence[Rendered], request: Request) -> Response:
        """The next page of these rows."""
        asked, path = request.query_params, request.url.path
        token = request.headers.get("authorization", "")
        try:
            size = min(int(asked.get("pageSize", DEFAULT_PAGE)), LARGEST_PAGE)
        except ValueError:
            return error(400)
        if size < 1:
            return error(400, "pageSize must be positive")
        name, start = asked.get("cursor"), 0
        if name is not None:
            place = self._places.get(name)
            if place is None or (place.path, place.token) != (path, token) or place.expires <= self.wall():
                return error(400, "Cursor is unknown or has expired")
            start = place.offset
        shown = rows[start : start + size]
        reached = start + len(shown)
        renames = "/api/v2/" in path
        answer: dict[str, object] = {"results": [msgspec.Raw(row.body) for row in shown]}
        if renames or reached < len(rows):
            answer["cursor"] = self._moved(None if renames else name, Place(path, token, reached, self.wall()), shown)
        elif name is not None:
            del self._places[name]
        return json_answer(answer)

    def _moved(self, name: str | None, place: Place, shown: Sequence[Rendered]) -> dict[str, object]:
        """Remember a place, under the name it had or a new one, and say so."""
        now = place.expires
        self._places = {known: one for known, one in self._places.items() if one.expires > now}
        if name is None:
            self._made += 1
            name = f"sandbox-{self._made:06d}"
        place.expires = now + SECONDS_KEPT
        self._places[name] = place
        expires = msgspec.Raw(f"{place.expires:.3f}000000".encode())
        return {"name": name, "offset": place.offset, "count": len(shown), "expires": expires}
