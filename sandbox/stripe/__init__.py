"""Stripe as of one pinned version: customers, catalogue, subscriptions, invoices, charges, refunds."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
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
from sandbox.stripe.expansion import expanded
from sandbox.stripe.lists import Sorted, bounded, check_names, envelope, page_of
from sandbox.stripe.signin import VERSION, SignIn
from sandbox.vendor import Vendor, vendor_app
from sandbox.world.entities import World

Handler = Callable[[Request], Awaitable[Response]]

# The filters of each list that this sandbox has, beside paging and `expand[]`.
FILTERS = {
    "customers": frozenset({"created", "email"}),
    "products": frozenset({"created", "active"}),
    "prices": frozenset({"created", "active", "type", "product", "currency"}),
    "subscriptions": frozenset({"created", "status", "customer"}),
    "invoices": frozenset({"created", "status", "subscription", "customer", "collection_method"}),
    "charges": frozenset({"created", "customer", "payment_intent"}),
    "refunds": frozenset({"created", "charge", "payment_intent"}),
}
ENDED = ("canceled", "incomplete_expired")


def stripe(world: World, clock: Clock, secrets: Credentials) -> Vendor:
    """Stripe for one business."""
    till = Till(world, clock, SignIn(secrets))
    routes = []
    for resource in FILTERS:
        routes.append(Route(f"/v1/{resource}", till.listed(resource)))
        routes.append(Route(f"/v1/{resource}/{{id}}", till.one(resource)))
    routes += [
        Route("/v1/invoices/{id}/lines", till.answering("invoices", till.lines)),
        Route("/v1/subscription_items", till.answering("subscriptions", till.items)),
    ]

    def connection(base: str) -> dict[str, str]:
        return {"base_url": f"{base}/stripe", "api_key": secrets.stripe_api_key}

    return Vendor("stripe", vendor_app([*routes], error), VendorHooks(error=error), connection)


class Till:
    """Serves the lists from rows that are rendered once per instant."""

    def __init__(self, world: World, clock: Clock, sign_in: SignIn) -> None:
        self.sign_in = sign_in
        self.shelf: Shelf[Sorted] = Shelf(clock)
        self.clock = clock
        self.invoices = {invoice.id: invoice for invoice in world.stripe_invoices}
        self.subscriptions = {subscription.id: subscription for subscription in world.subscriptions}
        self.prices = {price.id: price for price in world.stripe_prices}
        self.views = views(world)

    def rows(self, resource: str) -> Sorted:
        return self.shelf.kept(resource, self.views[resource])

    def answering(self, resource: str, answer_with: Callable[[Request], bytes]) -> Handler:
        """Sign-in first; a refusal from anywhere below becomes Stripe's error body."""

        async def answer(request: Request) -> Response:
            headers = {"request-id": "req_sandbox", "stripe-version": VERSION}
            try:
                self.sign_in.check(request, resource)
                return raw_answer(answer_with(request), headers=headers)
            except Refused as refusal:
                return refusal.answer()

        return answer

    def listed(self, resource: str) -> Handler:
        def answer_with(request: Request) -> bytes:
            asked = request.query_params
            check_names(asked, FILTERS[resource])
            return self.page(request, self.rows(resource), self.filtered(resource, asked))

        return self.answering(resource, answer_with)

    def one(self, resource: str) -> Handler:
        def answer_with(request: Request) -> bytes:
            record = self.record(resource, request.path_params["id"])
            if record is None:
                name, missing = resource.rstrip("s"), request.path_params["id"]
                raise Refused(f"No such {name}: '{missing}'", 404, "resource_missing", "id")
            for path in expansions(request.query_params):
                record = expanded(record, path, self.record)
            return msgspec.json.encode(record)

        return self.answering(resource, answer_with)

    def filtered(self, resource: str, asked: QueryParams) -> Sorted:
        """The rows that pass the filters, kept for the pages to come."""
        filters = {name: asked[name] for name in sorted(asked) if name.partition("[")[0] in FILTERS[resource]}
        whole = self.rows(resource)
        if resource == "subscriptions":
            filters.setdefault("status", "not canceled")
        if not filters:
            return whole

        def build(_: datetime) -> Sorted:
            listed = bounded(whole, asked)
            tests = [(name, text) for name, text in filters.items() if not name.startswith("created")]
            if not tests:
                return listed
            return Sorted.as_given([row for row in listed.rows if all(passes(row.members, *test) for test in tests)])

        return self.shelf.kept((resource, *filters.items()), build)

    def lines(self, request: Request) -> bytes:
        """All lines of one invoice."""
        check_names(request.query_params, frozenset())
        number = request.path_params["id"]
        if self.record("invoices", number) is None:
            raise Refused(f"No such invoice: '{number}'", 404, "resource_missing", "invoice")
        invoice = self.invoices[number]
        rows = Sorted.as_given([rendered_one(billing.line(line, invoice)) for line in invoice.lines])
        return self.page(request, rows, rows)

    def items(self, request: Request) -> bytes:
        """The items of one subscription, which must be named."""
        asked = request.query_params
        check_names(asked, frozenset({"subscription"}))
        if "subscription" not in asked:
            raise Refused("Missing required param: subscription.", code="parameter_missing", param="subscription")
        if self.record("subscriptions", asked["subscription"]) is None:
            raise Refused(
                f"No such subscription: '{asked['subscription']}'", code="resource_missing", param="subscription"
            )
        of, now = self.subscriptions[asked["subscription"]], self.clock.now
        rows = Sorted.as_given(
            [
                rendered_one(catalogue.subscription_item(item, quantity, of, self.prices[item.price_id], now))
                for item, quantity in catalogue.items_at(of, now)
            ]
        )
        return self.page(request, rows, rows)

    def page(self, request: Request, whole: Sorted, listed: Sorted) -> bytes:
        rows, has_more = page_of(listed, whole, request.query_params)
        paths = expansions(request.query_params)
        bodies = [row.body for row in rows]
        if paths:
            bodies = [msgspec.json.encode(self.expanded_row(row.members, paths)) for row in rows]
        return envelope(request.url.path.removeprefix("/stripe"), bodies, has_more)

    def expanded_row(self, record: dict[str, Any], paths: list[str]) -> dict[str, Any]:
        """A row of a list with its expansions, whose paths begin with ``data``."""
        for path in paths:
            first, _, rest = path.partition(".")
            if first != "data" or not rest:
                raise Refused(f"This property cannot be expanded ({path}).", param="expand")
            record = expanded(record, rest, self.record)
        return record

    def record(self, resource: str, number: str) -> dict[str, Any] | None:
        rows = self.rows(resource)
        place = rows.places.get(number)
        return None if place is None else rows.rows[place].members


def expansions(asked: QueryParams) -> list[str]:
    """The paths of ``expand[]``, with or without a number between the brackets."""
    return [value for name, value in asked.multi_items() if name.startswith("expand[")]


def passes(record: dict[str, Any], name: str, wanted: str) -> bool:
    """Whether a record passes one filter. Ended subscriptions are listed only for those who ask."""
    if name == "status" and record["object"] == "subscription":
        status = str(record["status"])
        if wanted == "not canceled":
            return status != "canceled"
        return wanted in ("all", status) or (wanted == "ended" and status in ENDED)
    if name == "subscription":
        parent = record["parent"]
        return bool(parent and parent["subscription_details"]["subscription"] == wanted)
    value = record[name]
    return bool(wanted == (str(value).lower() if isinstance(value, bool) else value))


def rendered_one(members: dict[str, Any]) -> Rendered:
    """A record ready to serve."""
    return Rendered(members["id"], msgspec.json.encode(members), members)


def views(world: World) -> dict[str, Callable[[datetime], Sorted]]:
    """Every list as a function of the instant."""
    charges_of, refunds_of, invoices_of = defaultdict(list), defaultdict(list), defaultdict(list)
    for charge in world.charges:
        charges_of[charge.invoice_id].append(charge)
    for refund in world.refunds:
        refunds_of[refund.charge_id].append(refund)
    for invoice in world.stripe_invoices:
        invoices_of[invoice.subscription_id].append(invoice)

    def rendered(every: Iterable[Any], render: Callable[[Any, datetime], dict[str, Any]], now: datetime) -> Sorted:
        return Sorted.newest_first([rendered_one(render(one, now)) for one in every if one.created_at <= now])

    def latest_invoice(subscription_id: str, now: datetime) -> str | None:
        made = [invoice for invoice in invoices_of[subscription_id] if invoice.created_at <= now]
        return max(made, key=lambda invoice: invoice.created_at).id if made else None

    def subscription(one: Any, now: datetime) -> dict[str, Any]:
        return catalogue.subscription(one, world, latest_invoice(one.id, now), now)

    return {
        "customers": lambda now: rendered(world.stripe_customers, lambda one, _: catalogue.customer(one), now),
        "products": lambda now: rendered(world.stripe_products, catalogue.product, now),
        "prices": lambda now: rendered(world.stripe_prices, lambda one, _: catalogue.price(one), now),
        "subscriptions": lambda now: rendered(world.subscriptions, subscription, now),
        "invoices": lambda now: rendered(
            world.stripe_invoices, lambda one, at: billing.invoice(one, charges_of[one.id], at), now
        ),
        "charges": lambda now: rendered(
            world.charges, lambda one, at: billing.charge(one, refunds_of[one.id], at), now
        ),
        "refunds": lambda now: rendered(world.refunds, lambda one, _: billing.refund(one), now),
    }
