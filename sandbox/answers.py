"""Small ways to build an HTTP answer from bytes that are ready or from plain data, shared by the vendors."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

WRITE_VERBS = ("POST", "PUT", "PATCH", "DELETE")


def json_answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer holding this data as JSON."""
    return raw_answer(msgspec.json.encode(data), status, headers)


def raw_answer(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer holding JSON that is already rendered."""
    return Response(body, status, headers, media_type="application/json")


def joined(bodies: Iterable[bytes]) -> bytes:
    """Rendered records as one JSON array."""
    return b"[" + b",".join(bodies) + b"]"


def utc_text(instant: datetime) -> str:
    """``2026-07-06T14:00:00Z``: UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a form-encoded body; the last one wins when a name is repeated."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
