"""A business small enough to know by heart, for tests of how the vendors show it. Its clock stands at ``NOW``."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sandbox.world.entities import (
    Account,
    Addition,
    AdditionState,
    Address,
    Agreement,
    AgreementType,
    Application,
    Board,
    BoardStatus,
    Charge,
    Client,
    Device,
    DeviceState,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    JournalRevision,
    Location,
    ManualFigure,
    Posting,
    Presence,
    QboCreditMemo,
    QboCustomer,
    QboInvoice,
    QboPayment,
    QuantityState,
    Refund,
    SalesLine,
    Staff,
    StatusState,
    StripeCustomer,
    StripeInvoice,
    StripePrice,
    StripeProduct,
    Subscription,
    SubscriptionItem,
    Ticket,
    TicketState,
    TimeEntry,
    TimeEntryState,
    World,
)

START = datetime(2026, 1, 1, 6, tzinfo=UTC)
NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
DEVICES = 1_030
TICKETS = 1_030
NEW, CLOSED = 11, 12


def at(text: str) -> datetime:
    """An instant written without its zone, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def small_world() -> World:
    """The business. One client, and just enough of everything to show each vendor's oddities."""
    presences = [
        Presence(number, name, START) for number, name in (("1", "Ashbrook Dental"), ("250", "Ashbrook Dental LLC"))
    ]
    client = Client(
        key="ashbrook",
        name="Ashbrook Dental",
        kind="client",
        won_on=date(2026, 1, 1),
        lost_on=None,
        ninjaone=presences[0],
        connectwise=presences[1],
        stripe=Presence("cus_ashbrook", "Ashbrook Dental", START),
        quickbooks=Presence("7", "Ashbrook Dental", START),
        address=Address("1 Nowhere Street", "Anytown", "IL", "00000", "555-0100"),
        contact_name="Robin Vale",
        email="office@ashbrook.example",
    )
    return World(
        seed=7,
        default_now=NOW,
        organization_name="Lanternfield IT",
        time_zone="America/Chicago",
        currency="USD",
        periods=("2026-06", "2026-07"),
        service_board="Help Desk",
        closed_statuses=(">Closed",),
        managed_agreement_types=("Managed Services",),
        excluded_organizations=(),
        working_hours_per_month=167,
        clients=(client,),
        staff=(person(),),
        locations=(Location(1, 1, "Main Street", "1 Nowhere Street, Anytown", START),),
        devices=tuple(device(number) for number in range(1, DEVICES + 1)),
        boards=(Board(1, "Help Desk", False, START), Board(2, "Projects", True, START)),
        board_statuses=(
            BoardStatus(NEW, 1, "New", False, 1, True),
            BoardStatus(CLOSED, 1, ">Closed", True, 9, False),
            BoardStatus(21, 2, "New", False, 1, True),
        ),
        tickets=tickets(),
        time_entries=time_entries(),
        agreement_types=(AgreementType(1, "Managed Services", True),),
        agreements=(
            Agreement(
                5, "ashbrook", "Managed Services", 1, date(2026, 1, 1), date(2026, 6, 30), date(2026, 6, 30),
                "Moved away", at("2026-06-10T15:00"), Decimal("1250.50"), START,
            ),
        ),
        additions=(
            Addition(
                51, 5, "ENDPOINT", "Endpoint care", Decimal("12.50"), Decimal("4.00"), date(2026, 1, 1), None, None,
                START, (AdditionState(START, Decimal(10)), AdditionState(at("2026-05-01T06:00"), Decimal(14))),
            ),
        ),
        stripe_customers=(StripeCustomer("cus_ashbrook", "ashbrook", "Ashbrook Dental", "pay@b.example", START),),
        stripe_products=(StripeProduct("prod_care", "Endpoint care", START, START),),
        stripe_prices=(StripePrice("price_care", "prod_care", "Monthly", 1250, "month", START, True),),
        subscriptions=(subscription("sub_live", None), subscription("sub_gone", at("2026-05-15T06:00"))),
        stripe_invoices=tuple(stripe_invoice(month) for month in range(1, 8)),
        charges=tuple(charge(month) for month in range(1, 8)),
        refunds=(Refund("re_1", "ch_6", "pi_6", "cus_ashbrook", 500, at("2026-06-20T12:00"), "requested_by_customer"),),
        accounts=accounts(),
        qbo_customers=(
            QboCustomer("7", "ashbrook", "Ashbrook Dental", "office@ashbrook.example", START, None),
            QboCustomer("8", None, "Walk-in sales", "", START, at("2026-03-01T12:00")),
        ),
        qbo_invoices=(
            qbo_invoice("100", "1001", date(2026, 5, 1), at("2026-05-01T14:00")),
            qbo_invoice("101", "1002", date(2026, 6, 1), at("2026-06-01T14:00")),
            qbo_invoice("102", "1003", date(2026, 6, 2), at("2026-06-02T14:00"), voided_at=at("2026-06-03T14:00")),
        ),
        qbo_payments=(
            payment("200", "100", at("2026-05-20T14:00"), None),
            payment("201", "101", at("2026-06-20T14:00"), at("2026-07-01T14:00")),
        ),
        qbo_credit_memos=(
            QboCreditMemo(
                "300", "CM1", "7", date(2026, 6, 5), (sales_line(Decimal("25.00")),), Decimal(0),
                at("2026-06-05T14:00"), (),
            ),
        ),
        journal_entries=(journal_entry(),),
        expenses=(),
        postings=postings(),
        account_rules=(),
        client_mapping=(),
        manual_rows=(
            ManualFigure("2026-06", "employees", Decimal("9.5"), ""),
            ManualFigure("2026-07", "employees", Decimal("9.5"), ""),
        ),
    )  # fmt: skip


def person() -> Staff:
    return Staff(
        3, "rvale", "Robin", "Vale", "Technician", Decimal(1), True, False, date(2025, 1, 1), None, Decimal(5000),
        Decimal("42.5"), START,
    )  # fmt: skip


def device(number: int) -> Device:
    """A workstation; the second has no name of its own, the third was retired in June."""
    named = None if number == 2 else f"WS-{number:04d}"
    return Device(
        id=number, client_key="ashbrook", organization_id=1, node_class="WINDOWS_WORKSTATION",
        device_type="WINDOWS_WORKSTATION", system_name=f"WS-{number:04d}", dns_name=f"ws-{number:04d}.local",
        parent_id=None, role_id=2, policy_id=None, ip_address="192.0.2.1", mac_address="02:00:00:00:00:01",
        operating_system="Windows 11", manufacturer="Madeup", model="M1", serial_number=f"S{number}", memory_gb=16,
        contact_lag_minutes=5, created_at=START, retired_at=at("2026-06-15T12:00") if number == 3 else None,
        history=(DeviceState(START, named, 1),),
    )  # fmt: skip


def ticket(number: int, entered_at: datetime, *, closed_at: datetime | None = None, **more: object) -> Ticket:
    history = [TicketState(entered_at, 1, NEW, "rvale")]
    if closed_at:
        history.append(TicketState(closed_at, 1, CLOSED, "rvale"))
    facts: dict[str, object] = {
        "client_key": "ashbrook", "summary": f"Printer {number}", "record_type": "ServiceTicket", "entered_by": "rvale",
        "source": "Email", "priority": "Medium", "type_name": "Incident", "contact_name": None, "agreement_id": 5,
        "parent_id": None, "merged_into_id": None, "merged_at": None, "deleted_at": None, "history": tuple(history),
    }  # fmt: skip
    return Ticket(id=number, entered_at=entered_at, **{**facts, **more})  # type: ignore[arg-type]


def tickets() -> tuple[Ticket, ...]:
    """One a minute on 1 June; 1 was closed, 2 is a child of 1 that joined later, 3 was deleted, 4 is a project's."""
    begun = at("2026-06-01T12:00")
    plain = [ticket(number, begun + timedelta(minutes=number)) for number in range(5, TICKETS + 1)]
    reopened = (
        TicketState(begun, 1, NEW, "rvale"),
        TicketState(at("2026-06-03T10:00"), 1, CLOSED, "rvale"),
        TicketState(at("2026-06-10T10:00"), 1, NEW, "rvale"),
    )
    special = [
        ticket(1, begun, history=reopened, summary='Quote "this" & that'),
        ticket(2, at("2026-06-20T12:00"), parent_id=1, client_key=None, agreement_id=None),
        ticket(3, begun, deleted_at=at("2026-06-30T12:00")),
        ticket(4, begun, record_type="ProjectTicket", history=(TicketState(begun, 2, 21, None),)),
    ]
    return (*special, *plain)


def time_entries() -> tuple[TimeEntry, ...]:
    begun = at("2026-06-02T14:00")
    states = (
        TimeEntryState(begun, Decimal("0.75"), "Open"),
        TimeEntryState(at("2026-06-09T14:00"), Decimal("0.50"), "Billed"),
    )
    return (
        TimeEntry(
            900, "ashbrook", "ServiceTicket", 1, "rvale", begun, begun + timedelta(hours=1), begun, "Billable",
            "Remote", "Looked at it", 5, None, states,
        ),
    )  # fmt: skip


def subscription(name: str, ended_at: datetime | None) -> Subscription:
    item = SubscriptionItem(
        f"si_{name}",
        name,
        "price_care",
        START,
        None,
        (QuantityState(START, 10), QuantityState(at("2026-04-01T06:00"), 12)),
    )
    statuses = [StatusState(START, "active"), *([StatusState(ended_at, "canceled")] if ended_at else [])]
    asked = ended_at - timedelta(days=10) if ended_at else None
    return Subscription(
        name, "cus_ashbrook", START, START, "month", "charge_automatically", asked, ended_at, (item,), tuple(statuses)
    )


def stripe_invoice(month: int) -> StripeInvoice:
    """The bill of a month; June's has twelve lines, July's is a draft until the second."""
    made = datetime(2026, month, 1, 6, tzinfo=UTC)
    count = 12 if month == 6 else 1
    lines = tuple(
        InvoiceLine(
            f"il_{month}_{number}", "Endpoint care", 1250, 1, "price_care", "prod_care", "si_sub_live", False, made,
            made + timedelta(days=30),
        )
        for number in range(count)
    )  # fmt: skip
    history = (StatusState(made, "draft"), StatusState(made + timedelta(days=1), "open"))
    paid = (StatusState(made + timedelta(days=2), "paid"),) if month < 7 else ()
    return StripeInvoice(
        f"in_{month}", f"LF-{month:04d}", "cus_ashbrook", "sub_live", "subscription_cycle", "charge_automatically",
        made, None, lines, (*history, *paid), (f"ch_{month}",),
    )  # fmt: skip


def charge(month: int) -> Charge:
    made = datetime(2026, month, 3, 6, tzinfo=UTC)
    declined = ("card_declined", "Your card was declined.") if month == 7 else (None, None)
    return Charge(f"ch_{month}", f"pi_{month}", "cus_ashbrook", f"in_{month}", 1250, made, *declined)


def accounts() -> tuple[Account, ...]:
    def account(
        number: str, name: str, group: str | None, kind: str, parent: str | None = None, **more: object
    ) -> Account:
        classification = {"Income": "Revenue", "Expenses": "Expense", "COGS": "Expense"}.get(group or "", "Asset")
        full = f"Managed Services:{name}" if parent else name
        facts: dict[str, object] = {"inactive_at": None, **more}
        return Account(
            number, name, full, parent, kind, "Other", classification, group, None, START, **facts  # type: ignore[arg-type]
        )  # fmt: skip

    return (
        account("1", "Checking", None, "Bank"),
        account("40", "Managed Services", "Income", "Income"),
        account("41", "Endpoint care", "Income", "Income", "40"),
        account("60", "Rent", "Expenses", "Expense"),
        account("61", "Old phone", "Expenses", "Expense", inactive_at=at("2026-04-01T12:00")),
    )


def sales_line(amount: Decimal) -> SalesLine:
    return SalesLine("9", "Endpoint care", "Endpoint care, monthly", "41", Decimal(1), amount, amount)


def qbo_invoice(number: str, document: str, day: date, made: datetime, voided_at: datetime | None = None) -> QboInvoice:
    lines = (sales_line(Decimal("100.10")),)
    return QboInvoice(number, document, "7", day, day + timedelta(days=30), lines, Decimal(0), made, voided_at, None)


def payment(number: str, invoice: str, made: datetime, deleted_at: datetime | None) -> QboPayment:
    applied = (Application(made, invoice, Decimal("100.10")),)
    return QboPayment(number, "7", made.date(), Decimal("120.10"), "1", None, made, deleted_at, applied)


def journal_entry() -> JournalEntry:
    lines = (
        JournalLine("60", "Debit", Decimal("900.00"), "Rent"),
        JournalLine("1", "Credit", Decimal("900.00"), "Rent"),
    )
    made = at("2026-06-01T15:00")
    return JournalEntry(
        "400", "JE1", "Rent of June", False, made, None, (JournalRevision(made, date(2026, 6, 1), lines),)
    )


def postings() -> tuple[Posting, ...]:
    """A parent with postings of its own, a child, and rent; one posting of June was taken back in July."""
    facts = [
        ("40", "-40.00", date(2026, 6, 1), None),
        ("41", "-100.10", date(2026, 6, 1), None),
        ("41", "-60.00", date(2026, 5, 1), None),
        ("41", "-33.33", date(2026, 6, 30), at("2026-07-02T12:00")),
        ("60", "900.00", date(2026, 6, 1), None),
    ]
    made = []
    for place, (account, amount, day, removed_at) in enumerate(facts):
        for booked, side in ((account, Decimal(amount)), ("1", -Decimal(amount))):
            recorded = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
            made.append(Posting("JournalEntry", str(place), day, booked, side, recorded, removed_at))
    return tuple(made)
