"""What we copy from QuickBooks Online, and how we sign in: OAuth with a refresh token that rotates."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import msgspec

from extractors.core.auth import RotatingRefresh, TokenStore
from extractors.core.books import NO_BASIS, asked_for, one_report_a_month
from extractors.core.budget import Rate
from extractors.core.change_capture import by_change_capture
from extractors.core.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRejected,
    VendorError,
    VendorUnavailable,
    plain_code,
)
from extractors.core.queries import CHANGE_TIME, by_change_time, moment, one_object
from extractors.core.source import Source, Verdict
from extractors.core.stream import Stream
from extractors.core.walk import Scope, Walk

MINOR_VERSION = "75"

_ADVICE = (
    "The connection lapses after 100 days without use, after five years, or when the app is disconnected in "
    "QuickBooks. Sign in again: qbr connect quickbooks."
)
_SCOPE = "scope com.intuit.quickbooks.accounting, granted by a company administrator"


# Every queried entity has text ids, a change time and a COUNT(*) to hold it against; `path` is the entity's name.
# Changes and deletions come from the feed, which goes 30 days back: a day is left for clocks and late runs.
_entity = partial(
    Stream,
    source="quickbooks",
    pages=by_change_capture,
    key="Id",
    changed_at=CHANGE_TIME,
    counted=True,
    permission=_SCOPE,
    feed_reach=timedelta(days=29),
    whole_every=timedelta(days=30),
)
_settings = partial(_entity, pages=one_object, counted=False, feed_reach=None, whole_every=None)
# Name lists leave inactive rows out unless asked for; the ledger still refers to them.
_name_list = partial(_entity, parameters={"where": "Active IN (true, false)"})
# Lists that carry a balance or a quantity on hand: whether a posting that moves it counts as a change is not
# documented. They are short, so they are read whole; so are terms, which the feed is not known to tell.
_whole_list = partial(_name_list, pages=by_change_time, feed_reach=None, whole_every=None)
_transactions = partial(
    _entity, reads="windowed", change_filter=CHANGE_TIME, date_filters=("TxnDate",), vendor_fields=("TxnDate",)
)
# No feed tells that an old month was booked in again, such as by the year's closing entries.
_report = partial(
    Stream,
    source="quickbooks",
    pages=one_report_a_month,
    permission=_SCOPE,
    reads="windowed",
    by_month=True,
    whole_every=timedelta(days=30),
    bases=("Accrual", "Cash"),
)

STREAMS = (
    _settings(
        name="company_info",
        path="/companyinfo/{realm_id}",
        description="One row: the company whose books these are.",
        vendor_fields=("CompanyName",),
    ),
    _settings(
        name="preferences",
        path="/preferences",
        description="One row: the company's settings, such as its accounting basis and the day its books are closed.",
    ),
    _whole_list(
        name="accounts",
        path="Account",
        description="One row per account of the chart of accounts, inactive ones included.",
        vendor_fields=("Name", "AccountType"),
    ),
    _name_list(
        name="classes",
        path="Class",
        description="One row per class that lines are sorted by, inactive ones included.",
        vendor_fields=("Name",),
    ),
    _name_list(
        name="departments",
        path="Department",
        description="One row per location of the company, inactive ones included.",
        vendor_fields=("Name",),
    ),
    _whole_list(
        name="customers",
        path="Customer",
        description="One row per customer, sub-customer or project, inactive ones included.",
        vendor_fields=("DisplayName",),
    ),
    _whole_list(
        name="vendors",
        path="Vendor",
        description="One row per supplier, inactive ones included.",
        vendor_fields=("DisplayName",),
        withheld_fields=("TaxIdentifier", "VendorPaymentBankDetail"),
    ),
    _name_list(
        name="employees",
        path="Employee",
        description="One row per employee, those who left included; never with a social security number.",
        vendor_fields=("DisplayName",),
        withheld_fields=("SSN", "BirthDate", "Gender"),
    ),
    _whole_list(
        name="items",
        path="Item",
        description="One row per product or service sold or bought, inactive ones included.",
        vendor_fields=("Name",),
    ),
    _whole_list(
        name="terms",
        path="Term",
        description="One row per term of payment, inactive ones included.",
        vendor_fields=("Name",),
    ),
    _transactions(
        name="invoices", path="Invoice", description="One row per invoice; voided ones stay, with amounts of 0."
    ),
    _transactions(name="payments", path="Payment", description="One row per payment received."),
    _transactions(name="sales_receipts", path="SalesReceipt", description="One row per sale that was paid at once."),
    _transactions(name="credit_memos", path="CreditMemo", description="One row per credit given to a customer."),
    _transactions(name="refund_receipts", path="RefundReceipt", description="One row per refund paid to a customer."),
    _transactions(name="bills", path="Bill", description="One row per bill of a supplier."),
    _transactions(
        name="bill_payments",
        path="BillPayment",
        description="One row per payment of bills; one over nothing uses up a supplier's credit.",
    ),
    _transactions(
        name="purchases",
        path="Purchase",
        description="One row per purchase paid at once, by cash, check or card; with Credit the money came back.",
    ),
    _transactions(name="vendor_credits", path="VendorCredit", description="One row per credit of a supplier."),
    _transactions(name="estimates", path="Estimate", description="One row per offer to a customer; it posts nothing."),
    _transactions(name="journal_entries", path="JournalEntry", description="One row per journal entry with its lines."),
    _transactions(
        name="deposits",
        path="Deposit",
        description="One row per deposit: payments taken to the bank, and lines posted directly.",
    ),
    _transactions(
        name="transfers", path="Transfer", description="One row per transfer between the company's own accounts."
    ),
    _report(
        name="profit_and_loss",
        path="/reports/ProfitAndLoss",
        description="One row per month and accounting basis: the whole profit and loss report, as JSON.",
    ),
    _report(
        name="balance_sheet",
        path="/reports/BalanceSheet",
        description="One row per month and accounting basis: the whole balance sheet at the month's end, as JSON.",
    ),
    _report(
        name="aged_receivables",
        path="/reports/AgedReceivables",
        description="One row per month: what customers owe at its end by age, or today while it runs, as JSON.",
        parameters={"aging_method": "Report_Date"},
        bases=(),
    ),
    _report(
        name="cash_flow",
        path="/reports/CashFlow",
        description="One row per month and accounting basis: the whole statement of cash flows, as JSON.",
    ),
)


def sign_in(connection: Mapping[str, Any], store: TokenStore | None) -> httpx.Auth:
    """OAuth refresh; raises ValueError without a store, since the rotated token would be lost."""
    if store is None:
        raise ValueError("QuickBooks replaces its refresh token as it is used, so a token store is needed")
    return RotatingRefresh(vendor="QuickBooks", advice=_ADVICE, connection=connection, store=store)


def narrow(scope: Scope) -> dict[str, str]:
    """The WHERE clause of a query.

    Reads of changes end at the run's instant, so that a row changed meanwhile falls to the next run. A read of
    everything has no upper bound: such a row would be missing from it and be taken for deleted.
    """
    stream, window = scope.stream, scope.window
    where = [text] if (text := stream.parameters.get("where")) else []
    if stream.change_filter and window.kind == "changes" and window.since is not None:
        where.append(f"{stream.change_filter} >= '{moment(window.since)}'")
        where.append(f"{stream.change_filter} <= '{moment(scope.as_of)}'")
    if stream.date_filters and window.kind == "dated" and window.start is not None and window.end is not None:
        # Transactions carry a plain day, in the company's own zone.
        first, beyond = (bound.astimezone(scope.time_zone).date() for bound in (window.start, window.end))
        where += [f"{name} >= '{first}' AND {name} < '{beyond}'" for name in stream.date_filters]
    return {"minorversion": MINOR_VERSION, **({"where": " AND ".join(where)} if where else {})}


def sample(walk: Walk) -> list[msgspec.Raw]:
    """A few rows of an entity; of a report only whether it may be read."""
    stream, version = walk.stream, {"minorversion": MINOR_VERSION}
    if stream.by_month:
        month = walk.scope.as_of.astimezone(walk.scope.time_zone).strftime("%Y-%m")
        walk.get(stream.path, {**walk.filters(), **asked_for(walk, month, (stream.bases or (NO_BASIS,))[0])})
        return []
    if stream.pages is one_object:
        answer = walk.decode(walk.get(stream.path, version).body, dict[str, msgspec.Raw])
        return [value for name, value in answer.items() if name != "time"]
    query = f"SELECT * FROM {stream.path} MAXRESULTS 5"  # noqa: S608 - QuickBooks' own language, and our own names
    answer = walk.decode(walk.get("/query", {**version, "query": query}).body, dict[str, msgspec.Raw])
    rows = walk.decode(bytes(answer["QueryResponse"]), dict[str, msgspec.Raw]).get(stream.path)
    return walk.decode(bytes(rows), list[msgspec.Raw]) if rows else []


_XML_CODE = re.compile(rb'<Error code="([0-9]{1,6})"')
_MEANINGS: dict[int, type[VendorError]] = {
    100: CredentialsRefused,
    120: CredentialsRefused,
    610: RequestRejected,  # there is no such object
    3001: VendorUnavailable,  # too many requests: with 429, in the past with 403
    3100: PermissionMissing,  # another app, company or environment than the token's
    3200: CredentialsRefused,
    3201: PermissionMissing,
    3202: PermissionMissing,
    3203: PermissionMissing,
    3300: VendorUnavailable,
    5020: PermissionMissing,
    6002: VendorUnavailable,
    10000: VendorUnavailable,
}


def judge(response: httpx.Response) -> Verdict | None:
    """What the Fault in a body means, whatever its HTTP status: a 200 may hold one, a 403 may mean "slow down"."""
    code = _fault_code(response.content)
    if code is None:
        return None
    meaning = _MEANINGS.get(int(code)) if code.isdigit() else None
    if meaning is not None:
        return Verdict(meaning, code)
    # Any other fault is final; under an error status that says more, the status decides.
    return Verdict(RequestRejected, code) if response.is_success else None


def _fault_code(body: bytes) -> str | None:
    """The first error code of a Fault at the top of an answer, "unnamed" if it has none; None without a Fault.

    Throttling may come as XML whatever was asked for, and the gateway writes its JSON keys in lower case.
    """
    if xml := _XML_CODE.search(body[:4000]):
        return xml.group(1).decode()
    if b'"Fault"' not in body and b'"fault"' not in body:
        return None
    try:
        answer = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        fault = answer.get("Fault", answer.get("fault"))
        held: Any = None if fault is None else msgspec.json.decode(bytes(fault))
    except msgspec.DecodeError:
        return None  # not JSON at all: whoever decodes the answer will say so
    if not isinstance(held, dict):
        return None  # the word stood inside a record
    errors = held.get("Error") or held.get("error")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return plain_code(first.get("code")) or "unnamed"


SOURCE = Source(
    name="quickbooks",
    label="QuickBooks",
    version=f"minorversion {MINOR_VERSION}",
    streams=STREAMS,
    needs=("base_url", "token_url", "client_id", "client_secret", "realm_id", "refresh_token"),
    sign_in=sign_in,
    sign_in_advice=_ADVICE,
    token_urls=("token_url",),
    api_path="/v3/company/{realm_id}",
    places=("realm_id",),
    narrow=narrow,
    sample=sample,
    judge=judge,
    rate=Rate(per_second=8, burst=2),  # 10 in any one second, 500 in any minute, per company
    first_wait=4.0,  # the limit is per minute, and no Retry-After comes with it
)
