"""NinjaOne v2 as MSPs meet it: lists, reports, alerts, activities. One module per subject, put together here."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import joined, raw_answer
from sandbox.clock import Clock
from sandbox.credentials import Credentials
from sandbox.interference import VendorHooks
from sandbox.ninjaone import records
from sandbox.ninjaone.cursors import Cursors
from sandbox.ninjaone.errors import error
from sandbox.ninjaone.events import event_views
from sandbox.ninjaone.lives import Lives
from sandbox.ninjaone.pages import filtered, log_page, page_of
from sandbox.ninjaone.people import people_views
from sandbox.ninjaone.reports import report_views
from sandbox.ninjaone.signin import SignIn
from sandbox.shelves import Rendered, Shelf, by_key
from sandbox.tokens import Mint
from sandbox.vendor import Vendor, vendor_app
from sandbox.world.entities import World


def ninjaone(world: World, clock: Clock, secrets: Credentials, wall: Callable[[], float]) -> Vendor:
    """NinjaOne for one business."""
    mint = Mint(secrets.seed, "ninjaone", wall)
    sign_in = SignIn(secrets, mint)
    shelf: Shelf[tuple[Rendered, ...]] = Shelf(clock)
    lives = Lives(world)
    reports = report_views(world, lives)
    views = {**records.views(world), **people_views(world), **event_views(world, lives), **reports}
    cursors = Cursors(wall)

    def rows(view: str) -> tuple[Rendered, ...]:
        return shelf.kept(view, views[view])

    def listed(view: str, *, of: str | None = None) -> Callable[[Request], object]:
        """Serve a whole view, or the rows whose member ``of`` is the id in the path."""

        async def answer(request: Request) -> Response:
            if refusal := sign_in.refusal(request):
                return refusal
            found = rows(view)
            if of is not None:
                found = tuple(row for row in found if row.members[of] == request.path_params["id"])
                if request.path_params["id"] not in by_key(rows("organizations")):
                    return error(404)
            return page_of(found, request)

        return answer

    def one(view: str) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            if refusal := sign_in.refusal(request):
                return refusal
            found = by_key(rows(view)).get(request.path_params["id"])
            return raw_answer(found.body) if found else error(404)

        return answer

    def at_once(view: str) -> Callable[[Request], object]:
        """Serve a view whole, as one array that knows no pages."""

        async def answer(request: Request) -> Response:
            return sign_in.refusal(request) or filtered(
                rows(view), request, lambda found: raw_answer(joined(row.body for row in found))
            )

        return answer

    def report(view: str) -> Callable[[Request], object]:
        """Serve a report behind a cursor."""

        async def answer(request: Request) -> Response:
            deleted = " with deleted" if request.query_params.get("includeDeletedDevices") == "true" else ""
            shown = view + deleted if view + deleted in reports else view
            return sign_in.refusal(request) or filtered(
                rows(shown), request, lambda found: cursors.page(found, request)
            )

        return answer

    def logged(of: str | None = None) -> Callable[[Request], object]:
        """Serve the activity log, all of it or that of the device in the path."""

        async def answer(request: Request) -> Response:
            found = rows("activities")
            if of is not None:
                found = tuple(row for row in found if row.members.get(of) == request.path_params["id"])
            return sign_in.refusal(request) or filtered(found, request, lambda left: log_page(left, request))

        return answer

    paths = {
        "/organizations": listed("organizations"),
        "/organizations-detailed": listed("organizations-detailed"),
        "/organization/{id:int}": one("organizations-detailed"),
        "/organization/{id:int}/devices": listed("devices", of="organizationId"),
        "/organization/{id:int}/locations": listed("organization-locations", of="organizationId"),
        "/locations": listed("locations"),
        "/devices": listed("devices"),
        "/devices-detailed": listed("devices-detailed"),
        "/device/{id:int}": one("devices-detailed"),
        "/roles": at_once("roles"),
        "/noderole/list": at_once("roles"),
        "/users": at_once("users"),
        "/user/technicians": at_once("technicians"),
        "/user/end-users": at_once("end-users"),
        "/contacts": at_once("contacts"),
        "/alerts": at_once("alerts"),
        "/activities": logged(),
        "/device/{id:int}/activities": logged(of="deviceId"),
        **{f"/queries/{name}": report(name) for name in reports if " " not in name},
    }
    routes = [Route(f"{prefix}{path}", answer) for prefix in ("/v2", "/api/v2") for path, answer in paths.items()]
    routes += [Route(path, sign_in.token, methods=["POST"]) for path in ("/ws/oauth/token", "/oauth/token")]

    def connection(base: str) -> dict[str, str]:
        return {
            "base_url": f"{base}/ninjaone",
            "token_url": f"{base}/ninjaone/ws/oauth/token",
            "client_id": secrets.ninjaone_client_id,
            "client_secret": secrets.ninjaone_client_secret,
        }

    hooks = VendorHooks(error=error, expire_tokens=mint.forget_access)
    return Vendor("ninjaone", vendor_app([*routes], error), hooks, connection)
