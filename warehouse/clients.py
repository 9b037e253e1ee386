"""Who is who over the systems: mints clients, and links every vendor's record to one.

A person's mapping decides first, then the normalised name, else the record stands for a client of its own. Links hang
on the vendor's id, so a rename changes no link, and only a mapping that comes or goes moves one; ids and aliases of
clients are given once and never again.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg

from warehouse.audit import RUN, Actor, record
from warehouse.client_names import normalised, slug, without_deletion_mark
from warehouse.vendor_clients import VendorClient, record_order, vendor_clients

UNASSIGNED = "unassigned"
TENANT = "tenants/"
"""How the ids of an application's tenants begin, among the records of an operational database."""


@dataclass(slots=True)
class Client:
    """One row of `app.clients`."""

    id: str
    alias: int
    name: str
    is_confirmed: bool
    merged_into: str | None = None


@dataclass(slots=True)
class Link:
    """One row of `app.client_links`, but for its key."""

    name: str
    client_id: str
    method: str
    is_excluded: bool = False


Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """What one linking did; `missing` are mappings whose record no vendor has, as (source, id or name, client)."""

    new_clients: int
    new_links: int
    moved_links: int
    unmatched: list[VendorClient] = field(default_factory=list)
    missing: list[tuple[str, str, str]] = field(default_factory=list)


def link_clients(connection: psycopg.Connection, organization_id: str, actor: Actor = RUN) -> LinkSummary:
    """Link every vendor record of a client, mint the clients that are new, and write only what changed.

    Runs after the extraction and before dbt; running it again changes nothing. The caller commits.
    """
    with connection.transaction():
        connection.execute(
            "select pg_advisory_xact_lock(hashtext('app.client_links'), hashtext(%s))", [organization_id]
        )
        before = _Book.read(connection, organization_id)
        book = _Book.read(connection, organization_id)
        records = vendor_clients(connection, organization_id)
        missing = book.link_mapped(records)
        book.let_go(records, missing)
        book.link_by_name(record for record in records if record.key not in book.mapped)
        book.settle(records)
        book.write(connection, organization_id, before)
        summary = LinkSummary(
            new_clients=len(book.clients.keys() - before.clients.keys()),
            new_links=len(book.links.keys() - before.links.keys()),
            moved_links=sum(book.links[key].client_id != link.client_id for key, link in before.links.items()),
            unmatched=[item for item in records if book.links[item.key].method == "own"],
            missing=missing,
        )
        if summary.new_clients or summary.new_links or summary.moved_links:
            details = {name: getattr(summary, name) for name in ("new_clients", "new_links", "moved_links")}
            record(connection, organization_id, actor, "link_clients", resource="app.client_links", details=details)
    return summary


class _Book:
    """An organization's clients, links and mappings, worked on in memory and written back as differences."""

    def __init__(self, mappings: dict[Key, str], excluded: set[str]) -> None:
        self.clients: dict[str, Client] = {}
        self.links: dict[Key, Link] = {}
        self.mappings = mappings
        self.excluded = excluded
        self.mapped: dict[Key, str] = {}
        self.let_go_of: dict[Key, str] = {}

    @classmethod
    def read(cls, connection: psycopg.Connection, organization_id: str) -> "_Book":
        mappings = connection.execute(
            "select source, source_key, client_name from app.client_mappings where organization_id = %s",
            [organization_id],
        )
        book = cls({(source, key): name for source, key, name in mappings}, set())
        excluded = connection.execute(
            "select value from app.rule_values where organization_id = %s and rule = 'excluded_ninjaone_organization'",
            [organization_id],
        )
        book.excluded = {name.strip().casefold() for (name,) in excluded}
        for row in connection.execute(
            "select client_id, client_alias, name, is_confirmed, merged_into_client_id from app.clients "
            "where organization_id = %s",
            [organization_id],
        ):
            book.clients[row[0]] = Client(*row)
        for source, record_id, *rest in connection.execute(
            "select source, source_client_id, source_client_name, client_id, match_method, is_excluded "
            "from app.client_links where organization_id = %s",
            [organization_id],
        ):
            book.links[source, record_id] = Link(*rest)
        return book

    def link_mapped(self, records: list[VendorClient]) -> list[tuple[str, str, str]]:
        """Give every mapped record to the client its mapping names; returns the mappings that no record answers to."""
        groups: dict[str, list[VendorClient]] = defaultdict(list)
        used: set[Key] = set()
        for item in records:
            names = (item.id, item.name, without_deletion_mark(item.name), *item.aliases)
            for key in ((item.source, name) for name in names):
                if key in self.mappings:
                    groups[self.mappings[key]].append(item)
                    self.mapped[item.key] = self.mappings[key]
                    used.add(key)
                    break
        for name, group in groups.items():
            keys = {item.key for item in group}
            client = self._mapped_client(name, keys)
            client.name, client.is_confirmed, client.merged_into = name, True, None
            for item in group:
                self._link(item, client, "mapped")
        return [(*key, self.mappings[key]) for key in sorted(self.mappings.keys() - used)]

    def _mapped_client(self, name: str, keys: set[Key]) -> Client:
        """The client of that name; else one that is now called so, because nothing else holds on to it; else a new."""
        for client in self.clients.values():
            if client.name.casefold() == name.casefold() and client.id != UNASSIGNED:
                return client
        spoken_for = {mapped.casefold() for mapped in self.mappings.values()}
        linked = sorted((self.clients[self.links[key].client_id] for key in keys if key in self.links), key=_by_alias)
        for client in linked:
            links = {key: link for key, link in self.links.items() if link.client_id == client.id}
            mapped = {key for key, link in links.items() if link.method == "mapped"}
            is_renamed = bool(mapped) and mapped <= keys and client.name.casefold() not in spoken_for
            if is_renamed or links.keys() <= keys:
                return client
        return self._mint(name)

    def let_go(self, records: list[VendorClient], missing: list[tuple[str, str, str]]) -> None:
        """Free the records whose mapping was taken out of the file, to be matched by name.

        A mapping to the same client that no record answers to is another thing: the vendor renamed the record.
        """
        unanswered = {(source, name.casefold()) for source, _, name in missing}
        for item in records:
            link = self.links.get(item.key)
            if link is None or link.method != "mapped" or item.key in self.mapped:
                continue
            client = self.clients[link.client_id]
            if (item.source, client.name.casefold()) in unanswered:
                self.mapped[item.key] = client.name
                self._link(item, client, "mapped")
            else:
                self.let_go_of[item.key] = self.links.pop(item.key).client_id

    def link_by_name(self, records: Iterable[VendorClient]) -> None:
        """Keep existing links; match the rest by normalised name, else mint a client for the record alone."""
        confirmed = {
            normalised(client.name): client
            for client in sorted(self.clients.values(), key=_by_alias, reverse=True)
            if client.is_confirmed and client.id != UNASSIGNED
        }
        index = self._index()
        for item in records:
            name = normalised(item.name)
            if item.key in self.links:
                client = self.clients[self.links[item.key].client_id]
                if self._stands_alone(item.key):
                    client = confirmed.get(name, client)
            else:
                named = index.get(name)
                if named is not None and not self._is_another_tenants(named, item):
                    client = self.clients[named]
                else:
                    client = self._client_before(item) or self._mint(item.name)
                index.setdefault(name, client.id)
            self._link(item, client, "name")

    def _is_another_tenants(self, client_id: str, item: VendorClient) -> bool:
        """Each tenant signed up by itself: two of one name are two clients, until a person says otherwise."""
        return item.id.startswith(TENANT) and any(
            link.client_id == client_id and source == item.source and record_id.startswith(TENANT)
            for (source, record_id), link in self.links.items()
        )

    def _client_before(self, item: VendorClient) -> Client | None:
        """Who a record without a mapping was before it had one, or else stays as long as nobody else is that."""
        if item.key not in self.let_go_of:
            return None
        for client in sorted(self.clients.values(), key=_by_alias):
            if client.merged_into is not None and normalised(client.name) == normalised(item.name):
                client.merged_into = None
                return client
        left = self.let_go_of[item.key]
        return None if any(link.client_id == left for link in self.links.values()) else self.clients[left]

    def _index(self) -> dict[str, str]:
        """Normalised name to client: by the clients' own names first, then by what vendors call them."""
        named = [(False, client, client.name) for client in self.clients.values() if client.id != UNASSIGNED]
        named += [(True, self.clients[link.client_id], link.name) for link in self.links.values()]
        index: dict[str, str] = {}
        for _, client, name in sorted(named, key=lambda item: (item[0], not item[1].is_confirmed, item[1].alias)):
            if client.merged_into is None:
                index.setdefault(normalised(name), client.id)
        return index

    def _stands_alone(self, key: Key) -> bool:
        client_id = self.links[key].client_id
        is_alone = all(other == key for other, link in self.links.items() if link.client_id == client_id)
        return is_alone and not self.clients[client_id].is_confirmed

    def settle(self, records: list[VendorClient]) -> None:
        """Say of each link how it was matched, name unconfirmed clients, and mark those that were merged away."""
        names = {item.key: without_deletion_mark(item.name) for item in records}
        members: dict[str, list[Key]] = defaultdict(list)
        for key in sorted(self.links, key=record_order):
            members[self.links[key].client_id].append(key)
        for client in self.clients.values():
            keys = members[client.id]
            for key in keys:
                if key not in self.mapped:
                    self.links[key].method = "own" if len(keys) == 1 else "name"
            if client.id != UNASSIGNED:
                client.is_confirmed = any(key in self.mapped for key in keys)
            if keys and not client.is_confirmed:
                client.name = next((names[key] for key in keys if key in names), client.name)

    def _link(self, item: VendorClient, client: Client, method: str) -> None:
        earlier = self.links[item.key].client_id if item.key in self.links else self.let_go_of.get(item.key)
        is_excluded = item.source == "ninjaone" and item.name.strip().casefold() in self.excluded
        self.links[item.key] = Link(item.name, client.id, method, is_excluded)
        if earlier and earlier != client.id:
            left = self.clients[earlier]
            if left.id != UNASSIGNED and all(link.client_id != left.id for link in self.links.values()):
                left.merged_into = client.id

    def _mint(self, name: str) -> Client:
        name = without_deletion_mark(name)
        alias = 1 + max((client.alias for client in self.clients.values()), default=0)
        client = Client(slug(name, self.clients), alias, name, is_confirmed=False)
        self.clients[client.id] = client
        return client

    def write(self, connection: psycopg.Connection, organization_id: str, before: "_Book") -> None:
        """Insert and update what differs from `before`; nothing is ever deleted."""
        with connection.cursor() as cursor:
            cursor.executemany(
                """
                insert into app.clients (
                    organization_id, client_id, client_alias, name, is_confirmed, merged_into_client_id
                )
                values (%s, %s, %s, %s, %s, %s)
                on conflict (organization_id, client_id) do update
                set name = excluded.name, is_confirmed = excluded.is_confirmed,
                    merged_into_client_id = excluded.merged_into_client_id
                """,
                [
                    (organization_id, c.id, c.alias, c.name, c.is_confirmed, c.merged_into)
                    # The one that others were merged into must be there before them.
                    for c in sorted(self.clients.values(), key=lambda client: client.merged_into is not None)
                    if before.clients.get(c.id) != c
                ],
            )
            cursor.executemany(
                """
                insert into app.client_links (
                    organization_id, source, source_client_id, source_client_name, client_id, match_method,
                    is_confirmed, is_excluded
                )
                values (%s, %s, %s, %s, %s, %s, %s, %s)
                on conflict (organization_id, source, source_client_id) do update
                set source_client_name = excluded.source_client_name, client_id = excluded.client_id,
                    match_method = excluded.match_method, is_confirmed = excluded.is_confirmed,
                    is_excluded = excluded.is_excluded, linked_at = clock_timestamp()
                """,
                [
                    (organization_id, *key, n.name, n.client_id, n.method, n.method == "mapped", n.is_excluded)
                    for key, n in self.links.items()
                    if before.links.get(key) != n
                ],
            )


def _by_alias(client: Client) -> int:
    return client.alias
