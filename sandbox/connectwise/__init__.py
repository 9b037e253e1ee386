"""ConnectWise PSA 3.0 as MSPs meet it: its addresses and how they answer. What they list is in ``views``."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import json_answer, raw_answer
from sandbox.clock import Clock
from sandbox.connectwise.comparison import ConditionRefused
from sandbox.connectwise.errors import error
from sandbox.connectwise.lists import LONGEST_URL, VERSION, Rows, asked_rows, page_of
from sandbox.connectwise.signin import SignIn
from sandbox.connectwise.views import views
from sandbox.credentials import Credentials
from sandbox.interference import VendorHooks
from sandbox.shelves import Shelf, by_key
from sandbox.vendor import Vendor, vendor_app
from sandbox.world.entities import World

Handler = Callable[[Request], Awaitable[Response]]

CODEBASE = "/v4_6_release/apis/3.0"
# Address, the view it lists, the names its conditions know, and the member that must equal the id in the path.
COLLECTIONS = (
    ("/company/companies", "companies", "companies", None),
    ("/company/companies/types", "company_types", "company_types", None),
    ("/company/companies/statuses", "company_statuses", "company_statuses", None),
    ("/company/contacts", "contacts", "contacts", None),
    ("/service/boards", "boards", "boards", None),
    ("/service/boards/{parent:int}/statuses", "board_statuses", "board_statuses", ("board", "boards")),
    ("/service/boards/{parent:int}/types", "board_types", "board_types", ("board", "boards")),
    ("/service/boards/{parent:int}/subtypes", "board_subtypes", "board_subtypes", ("board", "boards")),
    ("/service/boards/{parent:int}/items", "board_items", "board_items", ("board", "boards")),
    ("/service/priorities", "priorities", "priorities", None),
    ("/system/members", "members", "members", None),
    ("/finance/agreements", "agreements", "agreements", None),
    ("/finance/agreements/types", "agreement_types", "agreement_types", None),
    ("/finance/agreements/{parent:int}/additions", "additions", "additions", ("agreementId", "agreements")),
    ("/service/tickets", "tickets", "tickets", None),
    ("/project/tickets", "project_tickets", "tickets", None),
    ("/time/entries", "time_entries", "time_entries", None),
    ("/finance/invoices", "invoices", "invoices", None),
    ("/sales/opportunities", "opportunities", "opportunities", None),
    ("/sales/opportunities/types", "opportunity_types", "opportunity_types", None),
    ("/sales/opportunities/statuses", "opportunity_statuses", "opportunity_statuses", None),
    ("/sales/stages", "opportunity_stages", "opportunity_stages", None),
    ("/sales/activities", "activities", "activities", None),
    ("/schedule/entries", "schedule_entries", "schedule_entries", None),
    ("/service/surveys", "surveys", "surveys", None),
    ("/service/surveys/{parent:int}/questions", "survey_questions", "survey_questions", ("surveyId", "surveys")),
    ("/service/surveys/{parent:int}/results", "survey_results", "survey_results", ("surveyId", "surveys")),
)
SEARCHES = ("tickets", "project_tickets")


def connectwise(world: World, clock: Clock, secrets: Credentials) -> Vendor:
    """ConnectWise for one business."""
    desk = Desk(world, clock, SignIn(secrets))
    routes = [Route("/login/companyinfo/{company}", company_info(world, secrets))]
    routes.append(Route(f"{CODEBASE}/system/info", desk.system_info))
    # Longer addresses first, so that /types is not taken for an id.
    for address, view, resource, parent in sorted(COLLECTIONS, key=lambda entry: entry[0].count("/"), reverse=True):
        routes.append(Route(f"{CODEBASE}{address}/count", desk.counted(view, resource, parent)))
        routes.append(Route(f"{CODEBASE}{address}/{{id:int}}", desk.one(view, parent)))
        routes.append(Route(f"{CODEBASE}{address}", desk.listed(view, resource, parent)))
        if view in SEARCHES:
            routes.append(Route(f"{CODEBASE}{address}/search", desk.searched(view, resource), methods=["POST"]))

    def connection(base: str) -> dict[str, str]:
        return {
            "base_url": f"{base}/connectwise{CODEBASE}",
            "company_id": secrets.connectwise_company_id,
            "public_key": secrets.connectwise_public_key,
            "private_key": secrets.connectwise_private_key,
            "client_id": secrets.connectwise_client_id,
        }

    return Vendor("connectwise", vendor_app([*routes], error), VendorHooks(error=error), connection)


class Desk:
    """Serves the collections from views that are rendered once per instant."""

    def __init__(self, world: World, clock: Clock, sign_in: SignIn) -> None:
        self.sign_in = sign_in
        self.shelf: Shelf[Rows] = Shelf(clock)
        self.views = views(world)

    def rows(self, view: str, parent: tuple[str, str] | None, request: Request) -> Rows | None:
        """The rows of a view, of one parent where the address names one; None when there is no such parent."""
        rows = self.shelf.kept((view,), self.views[view])
        if parent is None:
            return rows
        member, parents = parent
        number = request.path_params["parent"]
        if number not in by_key(self.shelf.kept((parents,), self.views[parents])):
            return None
        return tuple(row for row in rows if id_of(row.members[member]) == number)

    def listed(self, view: str, resource: str, parent: tuple[str, str] | None) -> Handler:
        return self.answering(
            view, resource, parent, lambda rows, request: page_of(resource, rows, request, request.query_params)
        )

    def counted(self, view: str, resource: str, parent: tuple[str, str] | None) -> Handler:
        return self.answering(view, resource, parent, lambda rows, _: json_answer({"count": len(rows)}))

    def answering(
        self,
        view: str,
        resource: str,
        parent: tuple[str, str] | None,
        answer_with: Callable[[Rows, Request], Response],
    ) -> Handler:
        """Sign-in, the address's own checks, the conditions, and then the answer made from the rows left."""

        async def answer(request: Request) -> Response:
            if refusal := self.sign_in.refusal(request):
                return refusal
            if len(str(request.url)) > LONGEST_URL:
                return error(414)
            rows = self.rows(view, parent, request)
            if rows is None:
                return error(404)
            key = (view, request.path_params.get("parent"))
            try:
                return answer_with(asked_rows(self.shelf, key, resource, rows, request.query_params), request)
            except ConditionRefused as problem:
                return error(400, str(problem), "ApiFindCondition")

        return answer

    def searched(self, view: str, resource: str) -> Handler:
        """The search in POST form: conditions in the body, paging and ``fields`` in the query. It reads only."""

        async def answer(request: Request) -> Response:
            if refusal := self.sign_in.refusal(request):
                return refusal
            try:
                body = msgspec.json.decode(await request.body() or b"{}", type=dict[str, str | None])
            except msgspec.MsgspecError:
                return error(400, "The search is not a JSON object of texts.")
            lower = {name.lower(): value for name, value in body.items() if value}
            asked = dict(request.query_params)
            for name in ("conditions", "orderBy", "childConditions", "customFieldConditions"):
                if name.lower() in lower:
                    asked[name] = lower[name.lower()]
            rows = self.shelf.kept((view,), self.views[view])
            try:
                return page_of(resource, asked_rows(self.shelf, (view, None), resource, rows, asked), request, asked)
            except ConditionRefused as problem:
                return error(400, str(problem), "ApiFindCondition")

        return answer

    def one(self, view: str, parent: tuple[str, str] | None) -> Handler:
        async def answer(request: Request) -> Response:
            if refusal := self.sign_in.refusal(request):
                return refusal
            number = request.path_params["id"]
            found = by_key(self.rows(view, parent, request) or ()).get(number)
            thing = view.rstrip("s").replace("_", " ").capitalize()
            return raw_answer(found.body) if found else error(404, f"{thing} {number} not found")

        return answer

    async def system_info(self, request: Request) -> Response:
        if refusal := self.sign_in.refusal(request):
            return refusal
        return json_answer({"version": f"v{VERSION}.0", "isCloud": True, "serverTimeZone": "UTC"})


def company_info(world: World, secrets: Credentials) -> Handler:
    """Where a company's API lives. An unknown company gets ``null`` with 200, as from the vendor."""

    async def answer(request: Request) -> Response:
        if request.path_params["company"] != secrets.connectwise_company_id:
            return json_answer(None)
        return json_answer(
            {
                "CompanyName": world.organization_name,
                "Codebase": "v4_6_release/",
                "VersionCode": f"v{VERSION}",
                "VersionNumber": f"v{VERSION}.0",
                "CompanyID": secrets.connectwise_company_id,
                "IsCloud": True,
            }
        )

    return answer


def id_of(held: dict[str, int] | int) -> int:
    """The id in a reference, or the bare id where the vendor sends that."""
    return held["id"] if isinstance(held, dict) else held
