"""The vendors' own records of an organization's clients, read from the raw tables."""

from dataclasses import dataclass

import psycopg

# In the order in which they may name a client: the PSA is where a provider keeps its clients' names.
_QUERIES = {
    ("connectwise", "companies"): """
        select record_id, record ->> 'name', array[record ->> 'name', record ->> 'identifier']
        from raw_connectwise.companies where organization_id = %s
    """,
    ("ninjaone", "organizations"): """
        select record_id, record ->> 'name', array[record ->> 'name']
        from raw_ninjaone.organizations where organization_id = %s
    """,
    # A job or sub-customer ("Parent:Job") is its parent's work.
    ("quickbooks", "customers"): """
        select
            record_id,
            split_part(coalesce(record ->> 'FullyQualifiedName', record ->> 'DisplayName'), ':', 1),
            array[record ->> 'DisplayName', record ->> 'FullyQualifiedName', record ->> 'CompanyName']
        from raw_quickbooks.customers where organization_id = %s
    """,
    ("stripe", "customers"): """
        select
            record_id,
            coalesce(
                nullif(record ->> 'name', ''), nullif(record ->> 'business_name', ''),
                nullif(record ->> 'description', ''), nullif(record ->> 'email', '')
            ),
            array[record ->> 'name', record ->> 'description', record ->> 'email']
        from raw_stripe.customers where organization_id = %s
    """,
    # One database may hold an application's tenants and a dealer's customers, each numbered from 1: the stream is part
    # of the id that links hang on.
    ("opsdb", "customers"): """
        select 'customers/' || record_id, record ->> 'name', array[record ->> 'name', record_id]
        from raw_opsdb.customers where organization_id = %s
    """,
    ("opsdb", "tenants"): """
        select 'tenants/' || record_id, record ->> 'name', array[record ->> 'name', record_id]
        from raw_opsdb.tenants where organization_id = %s
    """,
}
SOURCES = tuple(dict.fromkeys(source for source, _ in _QUERIES))


@dataclass(frozen=True, slots=True)
class VendorClient:
    """One vendor's record of a client; `aliases` are the other exact names a mapping may call it by."""

    source: str
    id: str
    name: str
    aliases: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What links hang on: the source and its own id, which survives a rename."""
        return self.source, self.id

    @property
    def order(self) -> tuple[int, str, int, str]:
        """Source by source, oldest id first, so that every run deals with records in the same order."""
        return record_order(self.key)


def record_order(key: tuple[str, str]) -> tuple[int, str, int, str]:
    """Sorts (source, id): ids of digits by their number, so that 9 comes before 10."""
    source, record_id = key
    stream, _, own = record_id.partition("/") if source == "opsdb" else ("", "", record_id)
    return SOURCES.index(source), stream, int(own) if own.isdecimal() else 0, record_id


def vendor_clients(connection: psycopg.Connection, organization_id: str) -> list[VendorClient]:
    """Every vendor's records, deleted ones included: their tickets and invoices are still there."""
    found = []
    for (source, stream), query in _QUERIES.items():
        exists = connection.execute("select to_regclass(%s)", [f"raw_{source}.{stream}"]).fetchone()
        if exists is None or exists[0] is None:
            continue  # this installation has never declared that stream
        for record_id, name, aliases in connection.execute(query, [organization_id]):
            found.append(VendorClient(source, record_id, name or record_id, tuple(a for a in aliases if a)))
    return sorted(found, key=lambda record: record.order)
