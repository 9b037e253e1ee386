"""Answers a query: which rows pass, in which order, and the envelope with its odd counts."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sandbox.answers import joined
from sandbox.quickbooks.errors import property_refused, query_refused
from sandbox.quickbooks.moments import PACIFIC
from sandbox.quickbooks.statement import Comparison, Statement
from sandbox.shelves import Rendered

NAME_LISTS = frozenset({"Account", "Customer", "Vendor", "Employee", "Item", "Class", "Department", "Term"})
COMMON = {"id": "Id", "metadata.createtime": "created", "metadata.lastupdatedtime": "updated"}
DATES = frozenset({"TxnDate", "DueDate"})
TRANSACTION = {"txndate": "TxnDate", "docnumber": "DocNumber", "customerref": "CustomerRef", "totalamt": "TotalAmt"}
NAMED = {"name": "Name", "fullyqualifiedname": "FullyQualifiedName", "active": "Active"}
PERSON = {"displayname": "DisplayName", "active": "Active"}
BOUGHT = {"txndate": "TxnDate", "docnumber": "DocNumber", "vendorref": "VendorRef", "totalamt": "TotalAmt"}
# What each entity can be asked by: the name in lower case, and the member it stands for.
QUERYABLE: dict[str, dict[str, str]] = {
    "CompanyInfo": COMMON,
    "Account": {
        **COMMON,
        "name": "Name",
        "active": "Active",
        "accounttype": "AccountType",
        "accountsubtype": "AccountSubType",
        "classification": "Classification",
        "fullyqualifiedname": "FullyQualifiedName",
        "subaccount": "SubAccount",
    },
    "Customer": {**COMMON, "displayname": "DisplayName", "active": "Active", "companyname": "CompanyName"},
    "Invoice": {**COMMON, **TRANSACTION, "duedate": "DueDate", "balance": "Balance"},
    "Payment": {**COMMON, **{name: member for name, member in TRANSACTION.items() if name != "docnumber"}},
    "CreditMemo": {**COMMON, **TRANSACTION},
    "JournalEntry": {**COMMON, "txndate": "TxnDate", "docnumber": "DocNumber"},
    "Preferences": COMMON,
    "Vendor": {**COMMON, **PERSON, "companyname": "CompanyName"},
    "Employee": {**COMMON, **PERSON},
    "Item": {**COMMON, **NAMED, "type": "Type"},
    "Class": {**COMMON, **NAMED},
    "Department": {**COMMON, **NAMED},
    "Term": {**COMMON, "name": "Name", "active": "Active"},
    "SalesReceipt": {**COMMON, **TRANSACTION},
    "RefundReceipt": {**COMMON, **TRANSACTION},
    "Estimate": {**COMMON, **TRANSACTION},
    "Bill": {**COMMON, **BOUGHT, "duedate": "DueDate", "balance": "Balance"},
    "BillPayment": {**COMMON, **BOUGHT},
    "VendorCredit": {**COMMON, **BOUGHT},
    "Purchase": {**COMMON, **{name: member for name, member in BOUGHT.items() if name != "vendorref"}},
    "Deposit": {**COMMON, "txndate": "TxnDate"},
    "Transfer": {**COMMON, "txndate": "TxnDate"},
}


def found_rows(statement: Statement, rows: Sequence[Rendered]) -> list[Rendered]:
    """The rows that pass, ordered. Oldest first unless asked otherwise; inactive names only for those who ask."""
    properties = QUERYABLE[statement.entity]
    tests = [passing(statement.entity, condition) for condition in statement.conditions]
    names = {condition.name.lower() for condition in statement.conditions}
    if statement.entity in NAME_LISTS and "active" not in names:
        tests.append(lambda row: bool(row.members["Active"]))
    found = [row for row in rows if all(test(row) for test in tests)]
    for name, descends in reversed(statement.order):
        member = property_named(statement.entity, name, properties)
        found.sort(key=lambda row: ordering_key(value_of(row, member)), reverse=descends)
    return found


def property_named(entity: str, name: str, properties: dict[str, str]) -> str:
    """The member behind a name; raise the vendor's fault when it cannot be asked by."""
    member = properties.get(name.lower())
    if member is None:
        raise property_refused(f"Property {name} not found for Entity {entity}, or property '{name}' is not queryable")
    return member


def passing(entity: str, condition: Comparison) -> Callable[[Rendered], bool]:
    """The test that one condition makes."""
    member = property_named(entity, condition.name, QUERYABLE[entity])
    if condition.operator == "LIKE":
        inner = "".join(".*" if mark == "%" else re.escape(mark) for mark in condition.values[0])
        pattern = re.compile(inner, re.IGNORECASE | re.DOTALL)
        return lambda row: pattern.fullmatch(str(value_of(row, member))) is not None
    if condition.operator == "IN":
        wanted = {typed(member, value) for value in condition.values}
        return lambda row: value_of(row, member) in wanted
    limit = typed(member, condition.values[0])
    compare: Callable[[Any], bool] = {
        "=": lambda value: value == limit,
        "<": lambda value: value < limit,
        ">": lambda value: value > limit,
        "<=": lambda value: value <= limit,
        ">=": lambda value: value >= limit,
    }[condition.operator]
    return lambda row: (value := value_of(row, member)) is not None and compare(value)


def value_of(row: Rendered, member: str) -> Any:
    """What a row is compared by: the id as a number, a reference by its id, times as instants."""
    if member == "Id":
        return int(row.members["Id"]) if row.members["Id"].isdigit() else row.members["Id"]
    value = row.members.get(member)
    return value["value"] if isinstance(value, dict) else value


def typed(member: str, text: str) -> Any:
    """A value of a statement in the type of the member it is compared with."""
    try:
        if member == "Id":
            return int(text)
        if member in ("created", "updated"):
            instant = datetime.fromisoformat(text)
            return instant if instant.tzinfo else instant.replace(tzinfo=PACIFIC)
        if member in ("TotalAmt", "Balance"):
            return float(text)
        if member in ("Active", "SubAccount"):
            return {"true": True, "false": False}[text.lower()]
        if member in DATES:
            return datetime.fromisoformat(text).date().isoformat()
    except (ValueError, KeyError):
        raise query_refused(f"Invalid value '{text}'.") from None
    return text


def ordering_key(value: Any) -> tuple[bool, Any]:
    """Absent values first; text without regard to case."""
    return (value is not None, value.casefold() if isinstance(value, str) else value or 0)


def answer_body(statement: Statement, found: Sequence[Rendered], now_text: str) -> bytes:
    """The envelope. An empty page has no entity key; ``maxResults`` is the number of rows on the page."""
    if statement.counts:
        return f'{{"QueryResponse":{{"totalCount":{len(found)}}},"time":"{now_text}"}}'.encode()
    page = found[statement.start - 1 : statement.start - 1 + statement.limit]
    if not page:
        return f'{{"QueryResponse":{{}},"time":"{now_text}"}}'.encode()
    rows = joined(row.body for row in page)
    counts = f'"startPosition":{statement.start},"maxResults":{len(page)}'
    if statement.start == 1 and statement.entity in NAME_LISTS:
        counts += f',"totalCount":{len(found)}'  # sent now and then only, so nobody should lean on it
    return b'{"QueryResponse":{"%s":%s,%s},"time":"%s"}' % (
        statement.entity.encode(),
        rows,
        counts.encode(),
        now_text.encode(),
    )
