"""How Stripe shows invoices, their lines, charges and refunds. Money is whole cents."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.stripe.catalogue_records import CURRENCY, NO_AUTOMATIC_TAX, epoch, months_later
from sandbox.world.entities import Charge, InvoiceLine, Refund, StripeInvoice

Members = dict[str, Any]

LINES_SHOWN = 10
TRANSITIONS = {
    "open": "finalized_at",
    "uncollectible": "marked_uncollectible_at",
    "paid": "paid_at",
    "void": "voided_at",
}


def line(one: InvoiceLine, of: StripeInvoice) -> Members:
    """A line of an invoice. Where it came from stands in ``parent``, what it cost in ``pricing``."""
    if one.subscription_item_id is not None:
        parent: Members = {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": one.is_proration,
                "proration_details": {"credited_items": None},
                "subscription": of.subscription_id,
                "subscription_item": one.subscription_item_id,
            },
            "type": "subscription_item_details",
        }
    else:
        parent = {
            "invoice_item_details": {
                "invoice_item": one.id.replace("il_", "ii_", 1),
                "proration": one.is_proration,
                "proration_details": {"credited_items": None},
                "subscription": of.subscription_id,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
    pricing = {
        "price_details": {"price": one.price_id, "product": one.product_id},
        "type": "price_details",
        "unit_amount_decimal": str(one.amount_cents // one.quantity) if one.quantity else None,
    }
    return {
        "id": one.id,
        "object": "line_item",
        "amount": one.amount_cents,
        "currency": CURRENCY,
        "description": one.description,
        "discount_amounts": [],
        "discountable": not one.is_proration,
        "discounts": [],
        "invoice": of.id,
        "livemode": False,
        "metadata": {},
        "parent": parent,
        "period": {"end": epoch(one.period_end), "start": epoch(one.period_start)},
        "pretax_credit_amounts": [],
        "pricing": pricing if one.price_id else None,
        "quantity": one.quantity,
        "subscription": of.subscription_id,
        "subtotal": one.amount_cents,
        "taxes": [],
    }


def invoice(one: StripeInvoice, charges: Iterable[Charge], now: datetime) -> Members:
    """A bill with its first ten lines. Its own period looks one cycle back; the lines' periods are the service's."""
    past = [state for state in one.history if state.at <= now]
    status = past[-1].status
    reached = {TRANSITIONS[state.status]: epoch(state.at) for state in past if state.status in TRANSITIONS}
    if "finalized_at" not in reached and status != "draft":
        reached["finalized_at"] = epoch(one.created_at)
    attempts = [charge for charge in charges if charge.created_at <= now]
    paid = one.total_cents if status == "paid" else 0
    due = max(one.total_cents, 0)
    is_cycle = one.billing_reason == "subscription_cycle"
    details: Members = {"metadata": {}, "subscription": one.subscription_id, "subscription_proration_date": None}
    parent: Members = {"quote_details": None, "subscription_details": details, "type": "subscription_details"}
    return {
        "id": one.id,
        "object": "invoice",
        "account_country": "US",
        "account_name": None,
        "account_tax_ids": None,
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": paid,
        "amount_remaining": due - paid,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": len(attempts),
        "attempted": bool(attempts),
        "auto_advance": status == "open",
        "automatic_tax": {**NO_AUTOMATIC_TAX, "provider": None, "status": None},
        "automatically_finalizes_at": None,
        "billing_reason": one.billing_reason,
        "collection_method": one.collection_method,
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "custom_fields": None,
        "customer": one.customer_id,
        "customer_address": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": epoch(one.due_at),
        "effective_at": reached.get("finalized_at"),
        "ending_balance": None if status == "draft" else 0,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": {
            "object": "list",
            "data": [line(each, one) for each in one.lines[:LINES_SHOWN]],
            "has_more": len(one.lines) > LINES_SHOWN,
            "url": f"/v1/invoices/{one.id}/lines",
        },
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": one.number if status != "draft" else None,
        "on_behalf_of": None,
        "parent": parent if one.subscription_id else None,
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": epoch(one.created_at),
        "period_start": epoch(months_later(one.created_at, -1) if is_cycle else one.created_at),
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": status,
        "status_transitions": {name: reached.get(name) for name in TRANSITIONS.values()},
        "subtotal": one.total_cents,
        "subtotal_excluding_tax": one.total_cents,
        "test_clock": None,
        "total": one.total_cents,
        "total_discount_amounts": [],
        "total_excluding_tax": one.total_cents,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": epoch(one.created_at),
    }


def charge(one: Charge, refunds: Iterable[Refund], contested_at: datetime | None, now: datetime) -> Members:
    """An attempt to collect money. What was given back since counts up in ``amount_refunded``."""
    refunded = sum(refund.amount_cents for refund in refunds if refund.created_at <= now)
    return {
        "id": one.id,
        "object": "charge",
        "amount": one.amount_cents,
        "amount_captured": one.amount_cents if one.succeeded else 0,
        "amount_refunded": refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": one.id.replace("ch_", "txn_", 1) if one.succeeded else None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": None,
        "captured": one.succeeded,
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "customer": one.customer_id,
        "description": None,
        "disputed": contested_at is not None and contested_at <= now,
        "failure_balance_transaction": None,
        "failure_code": one.failure_code,
        "failure_message": one.failure_message,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": {
            "network_status": "approved_by_network" if one.succeeded else "declined_by_network",
            "reason": one.failure_code,
            "seller_message": "Payment complete." if one.succeeded else "The bank declined the payment.",
            "type": "authorized" if one.succeeded else "issuer_declined",
        },
        "paid": one.succeeded,
        "payment_intent": one.payment_intent_id,
        "payment_method": None,
        "payment_method_details": {"type": "card"},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": one.succeeded and refunded >= one.amount_cents,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if one.succeeded else "failed",
        "transfer_data": None,
        "transfer_group": None,
    }


def refund(one: Refund) -> Members:
    """Money given back on a charge."""
    return {
        "id": one.id,
        "object": "refund",
        "amount": one.amount_cents,
        "balance_transaction": one.id.replace("re_", "txn_re_", 1),
        "charge": one.charge_id,
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "destination_details": {"type": "card"},
        "metadata": {},
        "payment_intent": one.payment_intent_id,
        "reason": one.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
