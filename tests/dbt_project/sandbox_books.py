"""The sandbox's books put into the raw tables as a complete read would leave them, without asking over HTTP."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import msgspec
import psycopg

import extractors
from sandbox.clock import Clock
from sandbox.quickbooks.banking import Banking
from sandbox.quickbooks.documents import Documents
from sandbox.quickbooks.expenses import Expenses
from sandbox.quickbooks.names import Names
from sandbox.quickbooks.records import Books
from sandbox.quickbooks.reports import Reports
from sandbox.quickbooks.trees import Columns
from sandbox.world.entities import World

Record = tuple[str, bytes]
REPORTS = {"profit_and_loss": "ProfitAndLoss", "balance_sheet": "BalanceSheet"}


def load_books(connection: psycopg.Connection, organization: str, alias: int, world: World, now: datetime) -> None:
    """An organization that only keeps books: its records, its reports of every month, and that all were read."""
    connection.execute(
        "insert into app.organizations (organization_id, alias, name, time_zone, history_start, as_of) "
        "values (%s, %s, %s, %s, %s, %s)",
        [organization, alias, organization.title(), world.time_zone, world.periods[0], now],
    )
    for stream, records in (*_entities(world, now), *_reports(world, now)):
        put_records(connection, organization, stream, records)
    mark_as_read(connection, organization, now)
    _link_clients(connection, organization, world)


def put_records(connection: psycopg.Connection, organization: str, stream: str, records: Iterable[Record]) -> None:
    """Records as the loader writes them."""
    copied = f"copy raw_quickbooks.{stream} (organization_id, record_id, record, record_hash, first_seen_at, extracted_at, run_id) from stdin"  # noqa: E501
    written = datetime.now(UTC)
    with connection.cursor().copy(copied.encode()) as copy:
        for identity, body in records:
            copy.write_row((organization, identity, body.decode(), hashlib.md5(body).digest(), written, written, "run"))


def mark_as_read(connection: psycopg.Connection, organization: str, now: datetime) -> None:
    """Every stream of QuickBooks read from the beginning until now."""
    for stream in extractors.STREAMS["quickbooks"]:
        connection.execute(
            "insert into raw_meta.cursors (organization_id, source, stream, covered, completed_at, completed_as_of) "
            "values (%s, 'quickbooks', %s, tstzmultirange(tstzrange(null, %s)), now(), %s)",
            [organization, stream.name, now, now],
        )


def _entities(world: World, now: datetime) -> list[tuple[str, list[Record]]]:
    documents, expenses = Documents(world), Expenses(world)
    books, names, banking = Books(world, documents), Names(world, expenses), Banking(world, documents)
    lists = {
        "company_info": books.company_info, "accounts": books.account_list, "customers": books.customer_list,
        "items": names.item_list, "classes": names.class_list, "vendors": names.vendor_list,
        "invoices": documents.invoice_list, "payments": documents.payment_list,
        "credit_memos": documents.credit_memo_list, "journal_entries": documents.journal_entry_list,
        "sales_receipts": banking.sales_receipt_list, "refund_receipts": banking.refund_receipt_list,
        "deposits": banking.deposit_list, "transfers": banking.transfer_list, "bills": expenses.bill_list,
        "bill_payments": expenses.bill_payment_list, "vendor_credits": expenses.vendor_credit_list,
        "purchases": expenses.purchase_list,
    }  # fmt: skip
    return [(stream, [(row.key, row.body) for row in show(now)]) for stream, show in lists.items()]


def _reports(world: World, now: datetime) -> list[tuple[str, list[Record]]]:
    reports = Reports(world, Clock(now))
    made: dict[str, list[Record]] = {stream: [] for stream in (*REPORTS, "aged_receivables")}
    for period in world.periods:
        first = date.fromisoformat(f"{period}-01")
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        if first > now.date():
            continue
        columns = Columns(first, last, by_month=True)
        for stream, name in REPORTS.items():
            for basis in ("Accrual", "Cash"):
                body = msgspec.json.encode(reports.makers[name, basis](columns, now))
                made[stream].append((f"{name}:{basis}:{period}", body))
        aged = msgspec.json.encode(reports.aging.report(min(last, now.date()), now))
        made["aged_receivables"].append((f"AgedReceivables:none:{period}", aged))
    return list(made.items())


def _link_clients(connection: psycopg.Connection, organization: str, world: World) -> None:
    known = [client for client in world.clients if client.quickbooks is not None]
    for alias, client_id in enumerate(["unassigned", *(client.key for client in known)]):
        connection.execute(
            "insert into app.clients (organization_id, client_id, client_alias, name) values (%s, %s, %s, %s)",
            [organization, client_id, alias, client_id],
        )
    for client in known:
        assert client.quickbooks is not None
        connection.execute(
            "insert into app.client_links (organization_id, source, source_client_id, client_id, match_method, "
            "is_confirmed) values (%s, 'quickbooks', %s, %s, 'name', false)",
            [organization, client.quickbooks.id, client.key],
        )
