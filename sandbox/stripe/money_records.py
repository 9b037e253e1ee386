"""How Stripe shows what moves money: intents, payments of invoices, disputes, balance, payouts, credit notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.stripe.catalogue_records import CURRENCY, epoch
from sandbox.stripe.ledger import Movement, Payout
from sandbox.world.commerce import CreditNote, Dispute
from sandbox.world.entities import Charge

Members = dict[str, Any]

ACCOUNT = {"livemode": False, "metadata": {}}
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt", "refund_policy",
    "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
    "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation",
    "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def payment_intent(attempts: Sequence[Charge], created_at: datetime, now: datetime) -> Members:
    """A payment that is meant to be made, as its attempts so far have left it."""
    first, made = attempts[0], [one for one in attempts if one.created_at <= now]
    is_paid = bool(made) and made[-1].succeeded
    failed = made[-1] if made and not is_paid else None
    return {
        "id": first.payment_intent_id,
        "object": "payment_intent",
        **ACCOUNT,
        "amount": first.amount_cents,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": first.amount_cents if is_paid else 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"{first.payment_intent_id}_secret_sandbox",
        "confirmation_method": "automatic",
        "created": epoch(created_at),
        "currency": CURRENCY,
        "customer": first.customer_id,
        "description": None,
        "last_payment_error": failed and {
            "type": "card_error", "code": failed.failure_code, "message": failed.failure_message, "charge": failed.id,
        },
        "latest_charge": made[-1].id if made else None,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": None,
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if is_paid else "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }  # fmt: skip


def invoice_payment(attempts: Sequence[Charge], created_at: datetime, now: datetime) -> Members:
    """What is put towards an invoice by its payment intent."""
    one = attempts[-1]
    paid_at = one.created_at if one.succeeded and one.created_at <= now else None
    return {
        "id": payment_id(one.invoice_id),
        "object": "invoice_payment",
        "amount_paid": one.amount_cents if paid_at else None,
        "amount_requested": one.amount_cents,
        "created": epoch(created_at),
        "currency": CURRENCY,
        "invoice": one.invoice_id,
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": one.payment_intent_id, "type": "payment_intent"},
        "status": "paid" if paid_at else "open",
        "status_transitions": {"canceled_at": None, "paid_at": epoch(paid_at)},
    }


def payment_id(invoice_id: str) -> str:
    """The id of an invoice's payment."""
    return invoice_id.replace("in_", "inpay_", 1)


def dispute(one: Dispute, movements: Sequence[Movement], now: datetime) -> Members:
    """A contested charge, its movements of the balance inside."""
    is_closed = one.closed_at is not None and one.closed_at <= now
    is_answered = one.answered_at <= now
    moved = [each for each in movements if each.source == one.id and each.created_at <= now]
    return {
        "id": one.id,
        "object": "dispute",
        **ACCOUNT,
        "amount": one.amount_cents,
        "balance_transactions": [movement(each, now) for each in moved],
        "charge": one.charge_id,
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": epoch(one.answered_at),
            "enhanced_eligibility": {},
            "has_evidence": is_answered,
            "past_due": False,
            "submission_count": int(is_answered),
            "submission_method": "manual" if is_answered else "not_submitted",
        },
        "is_charge_refundable": False,
        "network_reason_code": None,
        "payment_intent": one.payment_intent_id,
        "reason": one.reason,
        "status": one.outcome if is_closed else "under_review" if is_answered else "needs_response",
    }


def movement(one: Movement, now: datetime) -> Members:
    """A movement of the balance: pending until it has settled."""
    parts = [{"amount": one.fee, "application": None, "currency": CURRENCY, "description": "Processing fees",
              "type": "stripe_fee"}]  # fmt: skip
    return {
        "id": one.id,
        "object": "balance_transaction",
        "amount": one.amount,
        "available_on": epoch(one.available_at),
        "balance_type": "payments",
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "description": None,
        "exchange_rate": None,
        "fee": one.fee,
        "fee_details": parts if one.fee else [],
        "net": one.net,
        "reporting_category": one.category,
        "source": one.source,
        "status": "available" if one.available_at <= now else "pending",
        "type": one.type,
    }


def payout(one: Payout, now: datetime) -> Members:
    """A transfer to the bank."""
    return {
        "id": one.id,
        "object": "payout",
        **ACCOUNT,
        "amount": one.amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": epoch(one.arrives_at),
        "automatic": True,
        "balance_transaction": one.id.replace("po_", "txn_po_", 1),
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "description": "STRIPE PAYOUT",
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "method": "standard",
        "original_payout": None,
        "reconciliation_status": "completed" if one.reconciled_at <= now else "in_progress",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "paid" if one.arrives_at <= now else "in_transit",
        "type": "bank_account",
    }


def credit_note(one: CreditNote) -> Members:
    """A reduction of a paid invoice, given back by a refund."""
    line: Members = {
        "id": one.id.replace("cn_", "cnli_", 1),
        "object": "credit_note_line_item",
        "amount": one.amount_cents,
        "description": "Service credit",
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": 1,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item",
        "unit_amount": one.amount_cents,
        "unit_amount_decimal": str(one.amount_cents),
    }
    return {
        "id": one.id,
        "object": "credit_note",
        **ACCOUNT,
        "amount": one.amount_cents,
        "amount_shipping": 0,
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "customer": one.customer_id,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": epoch(one.created_at),
        "invoice": one.invoice_id,
        "lines": {
            "object": "list", "data": [line], "has_more": False, "url": f"/v1/credit_notes/{one.id}/lines",
        },
        "memo": None,
        "number": one.number,
        "out_of_band_amount": None,
        "pdf": f"https://pay.example/credit_notes/{one.id}.pdf",
        "post_payment_amount": one.amount_cents,
        "pre_payment_amount": 0,
        "pretax_credit_amounts": [],
        "reason": "order_change",
        "refunds": [{
            "amount_refunded": one.amount_cents, "payment_record_refund": None, "refund": one.refund_id,
            "type": "refund",
        }],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": one.amount_cents,
        "subtotal_excluding_tax": one.amount_cents,
        "total": one.amount_cents,
        "total_excluding_tax": one.amount_cents,
        "total_taxes": [],
        "type": "post_payment",
        "voided_at": None,
    }  # fmt: skip
