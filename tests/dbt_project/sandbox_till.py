"""What the sandbox's Stripe holds, put into the raw tables as a complete read leaves it, but without HTTP."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg

import extractors
from sandbox.stripe import billing_records as billing
from sandbox.stripe import catalogue_records as catalogue
from sandbox.stripe.expansion import visible
from sandbox.stripe.things import Things
from sandbox.world.entities import World

STREAMS = ("customers", "products", "prices", "coupons", "subscriptions", "invoices", "invoice_payments", "charges")


def load_till(
    connection: psycopg.Connection,
    organization: str,
    alias: int,
    world: World,
    now: datetime,
    *,
    currency: str = "USD",
    rates: Sequence[Mapping[str, str]] = (),
) -> None:
    """An organization that only has Stripe: its records, its clients, and that all was read."""
    connection.execute(
        "insert into app.organizations "
        "(organization_id, alias, name, time_zone, history_start, as_of, currency, settings) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(organization, alias, organization, world.time_zone, world.periods[0], now, currency),
            json.dumps({"exchange_rates": list(rates)}),
        ],
    )
    copied = (
        "copy raw_stripe.{} (organization_id, record_id, record, record_hash, first_seen_at, extracted_at, run_id) "
        "from stdin"
    )
    by_stream: dict[str, list[dict[str, Any]]] = {}
    for stream, record in _records(world, now):
        by_stream.setdefault(stream, []).append(record)
    for stream, records in by_stream.items():
        with connection.cursor().copy(copied.format(stream).encode()) as copy:
            for record in records:
                body = msgspec.json.encode(record).decode()
                copy.write_row((organization, record["id"], body, b"", now, now, "run"))
    connection.cursor().executemany(
        "insert into raw_meta.cursors (organization_id, source, stream, covered, completed_at, completed_as_of) "
        "values (%s, 'stripe', %s, tstzmultirange(tstzrange(null, %s)), %s, %s)",
        [[organization, stream.name, now, now, now] for stream in extractors.STREAMS["stripe"]],
    )
    _link_clients(connection, organization, world)


def _records(world: World, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    things = Things(world)
    for stream in STREAMS:
        for one in things.by_resource[stream]:
            if one.is_there(now):
                yield stream, visible(one.render(now))
                if stream == "invoices":
                    invoice = things.invoices[one.id]
                    for line in invoice.lines:
                        yield "invoice_lines", billing.line(line, invoice)
                if stream == "subscriptions":
                    of = things.subscriptions[one.id]
                    for item, quantity in catalogue.items_at(of, now):
                        price = things.prices[item.price_id]
                        yield "subscription_items", catalogue.subscription_item(item, quantity, of, price, now)


def _link_clients(connection: psycopg.Connection, organization: str, world: World) -> None:
    keys = sorted({one.client_key for one in world.stripe_customers})
    cursor = connection.cursor()
    cursor.executemany(
        "insert into app.clients (organization_id, client_id, client_alias, name) values (%s, %s, %s, %s)",
        [[organization, key, number, key] for number, key in enumerate(keys, start=1)],
    )
    cursor.executemany(
        "insert into app.client_links (organization_id, source, source_client_id, client_id, match_method, "
        "is_confirmed) values (%s, 'stripe', %s, %s, 'own', true)",
        [[organization, one.id, one.client_key] for one in world.stripe_customers],
    )
