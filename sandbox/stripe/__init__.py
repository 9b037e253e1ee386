"""Stripe as of today's version and one from before basil: all that a business bills, collects and is paid out."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import raw_answer
from sandbox.clock import Clock
from sandbox.credentials import Credentials
from sandbox.interference import VendorHooks
from sandbox.shelves import Rendered, Shelf
from sandbox.stripe import billing_records as billing
from sandbox.stripe import catalogue_records as catalogue
from sandbox.stripe.errors import Refused, error
from sandbox.stripe.expansion import expanded, visible
from sandbox.stripe.happenings import EventLog
from sandbox.stripe.lists import Sorted, bounded, check_names, envelope, page_of
from sandbox.stripe.older import VERSION as OLDER_VERSION
from sandbox.stripe.older import Find, older
from sandbox.stripe.signin import VERSION, SignIn
from sandbox.stripe.things import Things
from sandbox.vendor import Vendor, vendor_app
from sandbox.world.entities import World

Handler = Callable[[Request], Awaitable[Response]]

# The filters of each list that this sandbox has, beside paging and `expand[]`.
FILTERS = {
    "customers": frozenset({"created", "email"}),
    "products": frozenset({"created", "active"}),
    "prices": frozenset({"created", "active", "type", "product", "currency"}),
    "coupons": frozenset({"created"}),
    "promotion_codes": frozenset({"created", "active", "code"}),
    "subscriptions": frozenset({"created", "status", "customer"}),
    "invoices": frozenset({"created", "status", "subscription", "customer", "collection_method"}),
    "invoice_payments": frozenset({"created", "invoice", "status"}),
    "charges": frozenset({"created", "customer", "payment_intent"}),
    "refunds": frozenset({"created", "charge", "payment_intent"}),
    "disputes": frozenset({"created", "charge", "payment_intent"}),
    "payment_intents": frozenset({"created", "customer"}),
    "balance_transactions": frozenset({"created", "payout", "source", "type", "currency"}),
    "payouts": frozenset({"created", "status"}),
    "credit_notes": frozenset({"created", "customer", "invoice"}),
    "checkout/sessions": frozenset({"created", "customer", "status", "subscription"}),
    "events": frozenset({"created", "type", "types"}),
}
ENDED = ("canceled", "incomplete_expired")
TYPES = 20


def stripe(world: World, clock: Clock, secrets: Credentials) -> Vendor:
    """Stripe for one business."""
    till = Till(world, clock, SignIn(secrets))
    routes = [
        Route("/v1/invoices/{id}/lines", till.answering("invoices", till.lines)),
        Route("/v1/subscription_items", till.answering("subscriptions", till.items)),
        Route("/v1/subscription_items/{id}", till.answering("subscriptions", till.item)),
    ]
    for resource in FILTERS:
        routes.append(Route(f"/v1/{resource}", till.listed(resource)))
        routes.append(Route(f"/v1/{resource}/{{id}}", till.one(resource)))

    def connection(base: str) -> dict[str, str]:
        return {"base_url": f"{base}/stripe", "api_key": secrets.stripe_api_key}

    return Vendor("stripe", vendor_app([*routes], error), VendorHooks(error=error), connection)


class Till:
    """Serves the lists from rows that are rendered once per instant."""

    def __init__(self, world: World, clock: Clock, sign_in: SignIn) -> None:
        self.sign_in = sign_in
        self.shelf: Shelf[Sorted] = Shelf(clock)
        self.clock = clock
        self.things = Things(world)
        self.events = EventLog(self.things, self.find_at)
        self.payouts = {one.id: one.movement_ids for one in self.things.payouts}

    def rows(self, resource: str) -> Sorted:
        """All rows of a list, kept per instant. Events have no life of their own."""

        def build(now: datetime) -> Sorted:
            if resource == "events":
                return Sorted.newest_first([rendered_one(event) for event in self.events.recent(now)])
            every = self.things.by_resource[resource]
            return Sorted.newest_first([rendered_one(one.render(now)) for one in every if one.is_there(now)])

        return self.shelf.kept(resource, build)

    def answering(self, resource: str, answer_with: Callable[[Request], bytes]) -> Handler:
        """Sign-in first; a refusal from anywhere below becomes Stripe's error body."""

        async def answer(request: Request) -> Response:
            headers = {"request-id": "req_sandbox", "stripe-version": request.headers.get("stripe-version", VERSION)}
            try:
                self.sign_in.check(request, resource)
                return raw_answer(answer_with(request), headers=headers)
            except Refused as refusal:
                return refusal.answer()

        return answer

    def listed(self, resource: str) -> Handler:
        """The handler of a list."""

        def answer_with(request: Request) -> bytes:
            asked = request.query_params
            check_names(asked, FILTERS[resource])
            return self.page(request, self.rows(resource), self.filtered(resource, asked))

        return self.answering(resource, answer_with)

    def one(self, resource: str) -> Handler:
        """The handler of a single object. Some deleted ones leave a stub, which is no error."""

        def answer_with(request: Request) -> bytes:
            number = request.path_params["id"]
            place = self.rows(resource).places.get(number)
            if place is not None:
                return self.shown(request, self.rows(resource).rows[place].members, expansions(request.query_params))
            stub = self.stub(resource, number)
            if stub is None:
                name = resource.rpartition("/")[2].rstrip("s")
                raise Refused(f"No such {name}: '{number}'", 404, "resource_missing", "id")
            return msgspec.json.encode(stub)

        return self.answering(resource, answer_with)

    def filtered(self, resource: str, asked: QueryParams) -> Sorted:
        """The rows that pass the filters, kept for the pages to come."""
        filters = {name: asked[name] for name in sorted(asked) if name.partition("[")[0] in FILTERS[resource]}
        types = frozenset(value for name, value in asked.multi_items() if name.startswith("types["))
        whole = self.rows(resource)
        if resource == "subscriptions":
            filters.setdefault("status", "not canceled")
        if len(types) > TYPES or (types and "type" in asked):
            raise Refused("Name up to 20 types, or one type or group of types.", param="types")
        if not filters:
            return whole

        def build(_: datetime) -> Sorted:
            listed = bounded(whole, asked)
            tests = [(name, text) for name, text in filters.items() if not name.startswith(("created", "types"))]
            if not tests and not types:
                return listed
            kept = [row for row in listed.rows if not types or row.members["type"] in types]
            return Sorted.as_given([row for row in kept if all(self.passes(row.members, *test) for test in tests)])

        return self.shelf.kept((resource, types, *filters.items()), build)

    def passes(self, record: dict[str, Any], name: str, wanted: str) -> bool:
        """Whether a record passes one filter. Ended subscriptions are listed only for those who ask."""
        if name == "status" and record["object"] == "subscription":
            status = str(record["status"])
            if wanted == "not canceled":
                return status != "canceled"
            return wanted in ("all", status) or (wanted == "ended" and status in ENDED)
        if name == "subscription" and record["object"] == "invoice":
            parent = record["parent"]
            return bool(parent and parent["subscription_details"]["subscription"] == wanted)
        if name == "payout":
            return record["id"] in self.payouts.get(wanted, ())
        if name == "type" and record["object"] == "event":
            return fnmatchcase(record["type"], wanted)
        value = record[name]
        return bool(wanted == (str(value).lower() if isinstance(value, bool) else value))

    def lines(self, request: Request) -> bytes:
        """All lines of one invoice."""
        check_names(request.query_params, frozenset())
        number = request.path_params["id"]
        if number not in self.rows("invoices").places:
            raise Refused(f"No such invoice: '{number}'", 404, "resource_missing", "invoice")
        invoice = self.things.invoices[number]
        rows = Sorted.as_given([rendered_one(billing.line(line, invoice)) for line in invoice.lines])
        return self.page(request, rows, rows)

    def items(self, request: Request) -> bytes:
        """The items of one subscription, which must be named."""
        asked = request.query_params
        check_names(asked, frozenset({"subscription"}))
        if "subscription" not in asked:
            raise Refused("Missing required param: subscription.", code="parameter_missing", param="subscription")
        if asked["subscription"] not in self.rows("subscriptions").places:
            raise Refused(
                f"No such subscription: '{asked['subscription']}'", code="resource_missing", param="subscription"
            )
        rows = self.items_of(asked["subscription"])
        return self.page(request, rows, rows)

    def item(self, request: Request) -> bytes:
        """One item of whichever subscription."""
        number = request.path_params["id"]
        for subscription in self.rows("subscriptions").places:
            rows = self.items_of(subscription)
            if number in rows.places:
                return self.shown(request, rows.rows[rows.places[number]].members, [])
        raise Refused(f"No such subscription_item: '{number}'", 404, "resource_missing", "id")

    def items_of(self, subscription: str) -> Sorted:
        of, now = self.things.subscriptions[subscription], self.clock.now
        prices = self.things.prices
        return Sorted.as_given(
            [
                rendered_one(catalogue.subscription_item(item, quantity, of, prices[item.price_id], now))
                for item, quantity in catalogue.items_at(of, now)
            ]
        )

    def page(self, request: Request, whole: Sorted, listed: Sorted) -> bytes:
        rows, has_more = page_of(listed, whole, request.query_params)
        paths = expansions(request.query_params)
        if any(not path.startswith("data.") for path in paths):
            raise Refused(f"This property cannot be expanded ({paths[0]}).", param="expand")
        bodies = [row.body for row in rows]
        if paths or is_older(request):
            below = [path.removeprefix("data.") for path in paths]
            bodies = [self.shown(request, row.members, below) for row in rows]
        return envelope(request.url.path.removeprefix("/stripe"), bodies, has_more)

    def shown(self, request: Request, record: dict[str, Any], paths: list[str]) -> bytes:
        """A record with its expansions, in the version asked for."""
        for path in paths:
            record = expanded(record, path, self.record)
        record = visible(record, paths)
        if is_older(request):
            record = older(record, self.find_at(self.clock.now))
        return msgspec.json.encode(record)

    def record(self, resource: str, number: str) -> dict[str, Any] | None:
        """What stands in for an id when it is expanded."""
        rows = self.rows(resource)
        place = rows.places.get(number)
        return self.stub(resource, number) if place is None else visible(rows.rows[place].members)

    def stub(self, resource: str, number: str) -> dict[str, Any] | None:
        """What is left of a deleted object, if anything is."""
        known = self.things.by_id.get(resource, {}).get(number)
        now = self.clock.now
        if known is None or not known.leaves_stub or known.is_there(now) or known.created_at > now:
            return None
        return {"id": number, "object": known.render(now)["object"], "deleted": True}

    def find_at(self, at: datetime) -> Find:
        """Looks objects up as they were at an instant, for the shapes of an older version."""

        def find(resource: str, number: str) -> dict[str, Any] | None:
            if resource == "invoice payments":
                made = self.things.attempts.get(number)
                return find("payment_intents", made[0].payment_intent_id) if made else None
            if resource in ("charged invoices", "intended invoices"):
                invoice = self.invoice_of.get(number)
                return {"id": invoice} if invoice else None
            known = self.things.by_id[resource].get(number)
            return visible(known.render(at)) if known and known.created_at <= at else None

        return find

    @cached_property
    def invoice_of(self) -> dict[str, str]:
        """The invoice of each charge and payment intent, which these have named until 2025."""
        return {
            number: charge.invoice_id
            for attempts in self.things.attempts.values()
            for charge in attempts
            for number in (charge.id, charge.payment_intent_id)
        }


def is_older(request: Request) -> bool:
    """Whether the version from before basil is asked for."""
    return request.headers.get("stripe-version") == OLDER_VERSION


def expansions(asked: QueryParams) -> list[str]:
    """The paths of ``expand[]``, with or without a number between the brackets."""
    return [value for name, value in asked.multi_items() if name.startswith("expand[")]


def rendered_one(members: dict[str, Any]) -> Rendered:
    """A record ready to serve; what is hidden unless expanded stands in its members alone."""
    return Rendered(members["id"], msgspec.json.encode(visible(members)), members)
