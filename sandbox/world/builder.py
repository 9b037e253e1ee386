"""Draws the whole world from a seed, each part from those before it."""

from sandbox.world.agreements import AGREEMENT_TYPES, MANAGED_TYPES, make_agreements
from sandbox.world.billing import StripeCustomer
from sandbox.world.boards import BOARD_STATUSES, BOARDS, CLOSED_STATUSES, SERVICE_BOARD
from sandbox.world.calendar import DEFAULT_NOW, ZONE, months
from sandbox.world.cards import make_invoices
from sandbox.world.chart import ACCOUNT_RULES, make_accounts
from sandbox.world.commerce import make_commerce
from sandbox.world.contracts import Contracts
from sandbox.world.counter import make_counter
from sandbox.world.desk import make_tickets
from sandbox.world.entities import World
from sandbox.world.figures import make_manual_rows
from sandbox.world.fleet import make_fleet
from sandbox.world.journals import make_journals
from sandbox.world.names import make_names
from sandbox.world.parties import Client
from sandbox.world.people import make_staff
from sandbox.world.postings import make_postings
from sandbox.world.psa_records import make_psa
from sandbox.world.roster import CLIENT_MAPPING, EXCLUDED_ORGANIZATIONS, ORGANIZATION_NAME, make_clients
from sandbox.world.sales import make_sales
from sandbox.world.settling import settle
from sandbox.world.spending import make_spending
from sandbox.world.subscriptions import make_products, make_subscriptions
from sandbox.world.timesheets import make_time_entries

WORKING_HOURS_PER_MONTH = 167
SEAT_PRODUCTS = ("essential", "complete", "regulated")


def build(seed: int) -> World:
    """The world of a seed: always the same one, whatever the machine, the process or the time of day."""
    clients, staff = make_clients(seed), make_staff()
    locations, devices = make_fleet(seed, clients)
    contracts = Contracts(clients, devices)
    agreements, additions = make_agreements(seed, clients, contracts)
    products, prices = make_products()
    drawn = make_subscriptions(clients, contracts)
    till = make_invoices(seed, clients, drawn, contracts)
    books = make_sales(seed, clients, contracts, till)
    make_spending(seed, contracts, books)
    make_journals(seed, staff, till, books)
    settle(books)
    trade = make_names(books)
    make_counter(seed, books, trade)
    postings = make_postings(books, trade)
    tickets = make_tickets(seed, clients, staff, _seats(contracts), agreements)
    subscriptions = tuple(subscription.finished() for subscription in drawn)
    charges = tuple(sorted(till.charges, key=lambda charge: charge.created_at))
    return World(
        seed=seed,
        default_now=DEFAULT_NOW,
        organization_name=ORGANIZATION_NAME,
        time_zone=ZONE.key,
        currency="USD",
        periods=months(),
        service_board=SERVICE_BOARD,
        closed_statuses=CLOSED_STATUSES,
        managed_agreement_types=MANAGED_TYPES,
        excluded_organizations=EXCLUDED_ORGANIZATIONS,
        working_hours_per_month=WORKING_HOURS_PER_MONTH,
        clients=clients,
        staff=staff,
        locations=locations,
        devices=devices,
        boards=BOARDS,
        board_statuses=BOARD_STATUSES,
        tickets=tickets,
        time_entries=make_time_entries(seed, clients, staff, tickets, agreements),
        agreement_types=AGREEMENT_TYPES,
        agreements=agreements,
        additions=additions,
        stripe_customers=tuple(_stripe_customers(clients)),
        stripe_products=products,
        stripe_prices=prices,
        subscriptions=subscriptions,
        stripe_invoices=tuple(till.invoices),
        charges=charges,
        refunds=tuple(till.refunds),
        accounts=make_accounts(),
        qbo_customers=tuple(books.customers),
        qbo_invoices=tuple(books.invoices),
        qbo_payments=tuple(books.payments),
        qbo_credit_memos=tuple(books.credit_memos),
        journal_entries=tuple(books.journal_entries),
        expenses=tuple(books.expenses),
        postings=postings,
        account_rules=ACCOUNT_RULES,
        client_mapping=CLIENT_MAPPING,
        manual_rows=make_manual_rows(seed, staff, contracts, agreements, postings),
        suppliers=trade.suppliers,
        items=trade.items,
        qbo_classes=trade.classes,
        qbo_departments=trade.departments,
        terms=trade.terms,
        receipts=tuple(trade.receipts),
        deposits=tuple(trade.deposits),
        transfers=tuple(trade.transfers),
        estimates=tuple(trade.estimates),
        psa=make_psa(
            seed,
            clients=clients,
            staff=staff,
            tickets=tickets,
            agreements=agreements,
            additions=additions,
        ),
        commerce=make_commerce(seed, subscriptions, tuple(till.invoices), charges, tuple(till.refunds)),
    )


def _seats(contracts: Contracts) -> dict[tuple[str, str], int]:
    return {
        (client.key, period): sum(
            line.quantity for line in contracts.lines(client.key, period) if line.product in SEAT_PRODUCTS
        )
        for client in contracts.clients
        for period in months()
    }


def _stripe_customers(clients: tuple[Client, ...]) -> list[StripeCustomer]:
    return [
        StripeCustomer(client.stripe.id, client.key, client.stripe.name, client.email, client.stripe.created_at)
        for client in clients
        if client.stripe is not None
    ]
