"""NinjaOne v2 as MSPs meet it: organizations, locations, devices. One module per subject, put together here."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import joined, json_answer, raw_answer
from sandbox.clock import Clock
from sandbox.credentials import Credentials
from sandbox.interference import VendorHooks
from sandbox.ninjaone import records
from sandbox.ninjaone.errors import error
from sandbox.ninjaone.filters import device_filter
from sandbox.ninjaone.signin import SignIn
from sandbox.shelves import Rendered, Shelf, by_key
from sandbox.tokens import Mint
from sandbox.vendor import Vendor, vendor_app
from sandbox.world.entities import World

DEFAULT_PAGE = 100
LARGEST_PAGE = 1000  # asked for more, NinjaOne gives this many and says nothing


def ninjaone(world: World, clock: Clock, secrets: Credentials, wall: Callable[[], float]) -> Vendor:
    """NinjaOne for one business."""
    mint = Mint(secrets.seed, "ninjaone", wall)
    sign_in = SignIn(secrets, mint)
    shelf: Shelf[tuple[Rendered, ...]] = Shelf(clock)
    views = records.views(world)

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
        "/roles": listed("roles"),
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
    if not rows:
        return json_answer([])
    page = [row.body for row in rows if row.key > after][:size]
    return raw_answer(joined(page))
