"""What the sandbox needs to know of one vendor to serve it: where it answers, how it fails, how to sign in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.interference import VendorHooks


@dataclass(frozen=True, slots=True)
class Vendor:
    """One simulated vendor. ``connection`` gives the sign-in facts for the address the sandbox is reached under."""

    source: str
    app: Starlette
    hooks: VendorHooks
    connection: Callable[[str], dict[str, Any]]


def vendor_app(routes: list[BaseRoute], error: Callable[[int], Response]) -> Starlette:
    """An application whose unknown paths and refused verbs answer in the vendor's own error shape.

    A POST, PUT, PATCH or DELETE that no route names is a write, and writes are answered with 405.
    """

    async def refused(request: Request, problem: Exception) -> Response:
        if request.method not in ("GET", "HEAD"):
            return error(405)
        return error(problem.status_code if isinstance(problem, HTTPException) else 500)

    return Starlette(routes=routes, exception_handlers={404: refused, 405: refused})
