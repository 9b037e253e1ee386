"""Routes of the download page, and the headers that every answer carries."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import IO
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.exceptions import HTTPException

from portal import pages
from portal.opening import Refused, Visitor, mail_list, opened, take_off
from portal.receipts import record_of
from reports.formats import Formats
from reports.views.organizations import organization
from warehouse.settings import Settings

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
WITH_A_FORM = HEADERS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'")
_TYPES = {
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
}
_BLOCK = 1 << 18
LOG = logging.getLogger("portal")


def application(settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> FastAPI:
    """The page, over one installation's files."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    root = settings.var_dir / "reports"

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            answer = await call_next(request)
        except Exception:
            # Whatever it is, a visitor learns nothing of our inside; the log does, but not the address, a secret.
            LOG.exception("A page could not be made.")
            answer = HTMLResponse(pages.message("failed"), 500)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if settings.portal_address().startswith("https://"):
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"
        return answer

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return HTMLResponse(pages.message(error.why), error.status)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, __: RequestValidationError) -> Response:
        return HTMLResponse(pages.message("unknown"), 404)

    @app.exception_handler(HTTPException)
    async def elsewhere(_: Request, error: HTTPException) -> Response:
        why = "method" if error.status_code == 405 else "unknown"
        return HTMLResponse(pages.message(why), error.status_code)

    @app.get("/")
    def home() -> Response:
        return HTMLResponse(pages.message("home"))

    @app.get("/health")
    def health() -> Response:
        return PlainTextResponse("ok\n")

    @app.get("/robots.txt")
    def robots() -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    @app.get("/style.css")
    def style() -> Response:
        return Response(pages.STYLE, media_type="text/css")

    _add_mail_lists(app, settings, clock)

    @app.get("/l/{token}")
    def files(token: str, request: Request) -> Response:
        with opened(settings, token, _visitor(request), clock()) as found:
            about = organization(found.connection, found.link.organization_id)
            formats = Formats(about.locale, about.currency, about.time_zone)
            expires = formats.instant(found.link.expires_at)
            page = pages.listing(about, token, found.link.label, expires, found.files)
            found.note("listed")
            return HTMLResponse(page)

    @app.get("/l/{token}/{artefact_id}/receipts")
    def receipts(token: str, artefact_id: int, request: Request) -> Response:
        with opened(settings, token, _visitor(request), clock()) as found:
            file = found.file(artefact_id)
            record = record_of(found.connection, found.link.organization_id, file, root)
            if record is None:
                raise found.refuse("refused", 404, file, why="no_receipts")
            page = pages.receipts(organization(found.connection, found.link.organization_id), token, file, record)
            found.note("receipts", file)
            return HTMLResponse(page)

    @app.get("/l/{token}/{artefact_id}/{name}")
    def download(token: str, artefact_id: int, name: str, request: Request) -> Response:
        with opened(settings, token, _visitor(request), clock()) as found:
            file = found.file(artefact_id)
            if name != file.name:
                raise found.refuse("refused", 404, file)
            content = found.content(file, root)
            found.note("downloaded", file)
            disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
            media_type = _TYPES.get(file.path.suffix.lower(), "application/octet-stream")
            return StreamingResponse(
                _blocks(content),
                media_type=media_type,
                headers={
                    "Content-Disposition": disposition,
                    "Content-Length": str(file.bytes),
                    "X-Content-SHA256": file.sha256,
                },
            )

    return app


def _add_mail_lists(app: FastAPI, settings: Settings, clock: Callable[[], datetime]) -> None:
    @app.get("/u/{token}")
    def leaving(token: str) -> Response:
        # Programs that look through mails follow every link, so opening it changes nothing.
        with mail_list(settings, token) as (connection, found):
            name = organization(connection, found.organization_id).name
            page = pages.leaving(name, found)
            return HTMLResponse(page, headers={"Content-Security-Policy": WITH_A_FORM})

    @app.post("/u/{token}")
    def leave(token: str, request: Request) -> Response:
        # The button of the page, or the one click of a mail program (RFC 8058); what it says besides is not read.
        with mail_list(settings, token) as (connection, found):
            take_off(connection, token, settings, _visitor(request), clock())
            return HTMLResponse(pages.left(organization(connection, found.organization_id).name, found))


def _visitor(request: Request) -> Visitor:
    return Visitor(address_of(request.client.host if request.client else None), request.headers.get("user-agent"))


def address_of(host: str | None) -> str | None:
    """An address that can be noted, without the name of our own interface; None for what a proxy made up."""
    try:
        return str(ip_address((host or "").partition("%")[0]))
    except ValueError:
        return None


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    with content:
        while block := content.read(_BLOCK):
            yield block
