"""Made-up vendor records of the size and variety of real ones, for whoever serves or loads them."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

AS_OF = datetime(2026, 7, 6, 14, tzinfo=UTC)
STREAMS = {"connectwise": "tickets", "stripe": "invoices"}
"""Which stream of ours each source's list is."""
POOL = 1000
"""Different bodies; beyond that they repeat with other ids."""
MARK = "@@ID@@"
FIRST_TICKET = 20_000_000
FIRST_CREATED = 1_600_000_000
"""Epoch second of the oldest invoice; one follows each minute."""

Halves = tuple[bytes, bytes]
"""A record's JSON before and after its id."""


def tickets() -> list[Halves]:
    """Service tickets of about 4 KB, as ConnectWise writes them."""
    return _pool(_ticket)


def invoices() -> list[Halves]:
    """Invoices of about 3 KB, as Stripe writes them."""
    return _pool(_invoice)


def ticket(pool: Sequence[Halves], number: int) -> bytes:
    """The ticket with the number ``number`` from 0."""
    head, tail = pool[number % len(pool)]
    return b"%b%d%b" % (head, FIRST_TICKET + number, tail)


def invoice(pool: Sequence[Halves], number: int) -> bytes:
    """The invoice with the number ``number``, the oldest being 0."""
    head, tail = pool[number % len(pool)]
    return b'%b"%b","created":%d%b' % (head, invoice_id(number), FIRST_CREATED + 60 * number, tail)


def invoice_id(number: int) -> bytes:
    """The id of an invoice; ``invoice_number`` is the way back."""
    return b"in_%012d" % number


def invoice_number(invoice_id: str) -> int:
    return int(invoice_id.removeprefix("in_"))


def _pool(make: Callable[[random.Random], dict[str, object]]) -> list[Halves]:
    dice = random.Random(7)
    pool = []
    for _ in range(POOL):
        text = json.dumps(make(dice), separators=(",", ":"), ensure_ascii=False).encode()
        head, tail = text.split(f'"{MARK}"'.encode())
        pool.append((head, tail))
    return pool


def _ticket(dice: random.Random) -> dict[str, object]:
    entered = (AS_OF - timedelta(minutes=dice.randint(0, 10**6))).strftime("%Y-%m-%dT%H:%M:%SZ")
    base = "https://psa.example.com/v4_6_release/apis/3.0"
    names = ("board", "status", "company", "site", "contact", "type", "team", "owner", "priority", "source", "sla")

    def reference(name: str) -> dict[str, object]:
        number = dice.randint(1, 400)
        return {"id": number, "name": f"{name} {number}", "_info": {f"{name}_href": f"{base}/{name}s/{number}"}}

    return {
        "id": MARK,
        "summary": f"Issue {dice.getrandbits(96):x}",
        "recordType": "ServiceTicket",
        "closedFlag": dice.random() < 0.8,
        "actualHours": dice.randint(0, 40) / 4,
        **{name: reference(name) for name in names},
        "customFields": [
            {"id": each, "caption": f"Field {each}", "type": "Text", "value": f"{dice.getrandbits(64):x}"}
            for each in range(12)
        ],
        "_info": {
            "lastUpdated": entered,
            "dateEntered": entered,
            **{f"{name}_href": f"{base}/{name}s?conditions=id={dice.randint(1, 10**6)}" for name in names},
        },
    }


def _invoice(dice: random.Random) -> dict[str, object]:
    def line() -> dict[str, object]:
        return {
            "id": f"il_{dice.getrandbits(96):x}",
            "object": "line_item",
            "amount": dice.randint(100, 90_000),
            "currency": "usd",
            "description": f"{dice.randint(1, 40)} x managed seat (per month)",
            "discounts": [],
            "metadata": {},
            "period": {"start": FIRST_CREATED, "end": FIRST_CREATED + 2_592_000},
            "pricing": {
                "price_details": {
                    "price": f"price_{dice.getrandbits(96):x}",
                    "product": f"prod_{dice.getrandbits(64):x}",
                },
                "type": "price_details",
                "unit_amount_decimal": str(dice.randint(100, 9000)),
            },
            "quantity": dice.randint(1, 40),
            "subscription_item": f"si_{dice.getrandbits(64):x}",
            "taxes": [],
        }

    lines = [line() for _ in range(dice.randint(1, 5))]
    return {
        "id": MARK,
        "object": "invoice",
        "account_country": "US",
        "amount_due": dice.randint(100, 900_000),
        "amount_paid": 0,
        "amount_remaining": dice.randint(100, 900_000),
        "attempted": True,
        "automatic_tax": {"enabled": False, "liability": None, "status": None},
        "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically",
        "currency": "usd",
        "customer": f"cus_{dice.getrandbits(64):x}",
        "customer_address": {"city": "Springfield", "country": "US", "line1": f"{dice.randint(1, 999)} Main Street"},
        "customer_email": f"billing{dice.randint(1, 400)}@example.com",
        "default_tax_rates": [],
        "due_date": None,
        "hosted_invoice_url": f"https://invoice.example.com/i/{dice.getrandbits(600):x}",
        "invoice_pdf": f"https://pay.example.com/invoice/{dice.getrandbits(600):x}/pdf",
        "lines": {"object": "list", "data": lines, "has_more": False, "url": "/v1/invoices/lines"},
        "livemode": False,
        "metadata": {"client": str(dice.randint(1, 400)), "order": f"{dice.getrandbits(40):x}"},
        "number": f"{dice.getrandbits(52):X}",
        "parent": {
            "type": "subscription_details",
            "subscription_details": {"subscription": f"sub_{dice.getrandbits(96):x}"},
        },
        "status": dice.choice(["paid", "paid", "paid", "open", "void"]),
        "status_transitions": {"finalized_at": FIRST_CREATED, "paid_at": FIRST_CREATED + 3700, "voided_at": None},
        "period_end": FIRST_CREATED + 2_592_000,
        "period_start": FIRST_CREATED,
        "subtotal": dice.randint(100, 900_000),
        "total": dice.randint(100, 900_000),
    }
