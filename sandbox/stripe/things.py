"""Every object of the business by resource, and what belongs to what."""

from sandbox.stripe import lives_of_bills as bills
from sandbox.stripe import lives_of_cash as cash
from sandbox.stripe import lives_of_offers as offers
from sandbox.stripe.ledger import movements_and_payouts
from sandbox.stripe.life import Happening, Thing
from sandbox.world.entities import Charge, StripeInvoice, World


class Things:
    """All objects by resource, and what belongs to what."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.movements, self.payouts = movements_and_payouts(world)
        self.attempts: dict[str, list[Charge]] = {}
        for charge in sorted(world.charges, key=lambda one: one.created_at):
            self.attempts.setdefault(charge.invoice_id, []).append(charge)
        self.prices = {price.id: price for price in world.stripe_prices}
        self.subscriptions = {one.id: one for one in world.subscriptions}
        self.invoices = {one.id: one for one in world.stripe_invoices}
        self.invoices |= {draft.invoice.id: draft.invoice for draft in world.commerce.drafts}
        self.invoices_of: dict[str | None, list[StripeInvoice]] = {}
        for invoice in world.stripe_invoices:
            self.invoices_of.setdefault(invoice.subscription_id, []).append(invoice)
        self.by_resource: dict[str, tuple[Thing, ...]] = {
            "customers": tuple(offers.customers(self)),
            "products": tuple(offers.products(self)),
            "prices": tuple(offers.prices(self)),
            "coupons": tuple(offers.coupons(self)),
            "promotion_codes": tuple(offers.promotion_codes(self)),
            "discounts": tuple(offers.discounts(self)),
            "subscriptions": tuple(bills.subscription(self, one) for one in world.subscriptions),
            "invoices": tuple(bills.invoices(self)),
            "invoice_payments": tuple(bills.payments(self, "invoice_payments")),
            "charges": tuple(bills.charges(self)),
            "refunds": tuple(bills.refunds(self)),
            "disputes": tuple(cash.disputes(self)),
            "payment_intents": tuple(bills.payments(self, "payment_intents")),
            "balance_transactions": tuple(cash.movements(self)),
            "payouts": tuple(cash.payouts(self)),
            "credit_notes": tuple(cash.credit_notes(self)),
            "checkout/sessions": tuple(offers.sessions(self)),
        }
        self.by_id = {resource: {one.id: one for one in every} for resource, every in self.by_resource.items()}

    def happenings(self) -> list[Happening]:
        """All that happens, oldest first."""
        every = {one for things in self.by_resource.values() for thing in things for one in thing.happenings}
        return sorted(every)
