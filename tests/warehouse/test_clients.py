from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import Jsonb

from warehouse.client_names import normalised, slug, without_deletion_mark
from warehouse.clients import LinkSummary, link_clients
from warehouse.organizations import apply, load_organization

ORGANIZATION = "northwind-it"
FACTS = "id: northwind-it\nname: Northwind IT\ntime_zone: America/Chicago\n"
TABLES = {"ninjaone": "organizations", "connectwise": "companies", "stripe": "customers", "quickbooks": "customers"}
NAME_FIELD = {"quickbooks": "DisplayName"}


@pytest.fixture
def configure(connection: psycopg.Connection, tmp_path: Path):
    """Apply a file with these rules more."""

    def applied(more: str = "") -> None:
        path = tmp_path / f"{ORGANIZATION}.yml"
        path.write_text(FACTS + more)
        apply(connection, load_organization(path))

    applied()
    return applied


def vendor_has(
    connection: psycopg.Connection, source: str, record_id: str, name: str | None, *, stream: str = "", **fields: object
) -> None:
    record = {**({NAME_FIELD.get(source, "name"): name} if name else {}), **fields}
    connection.execute(
        sql.SQL(
            "insert into {} (organization_id, record_id, record, record_hash, first_seen_at, extracted_at, run_id) "
            "values (%s, %s, %s, '', now(), now(), 'run') "
            "on conflict (organization_id, record_id) do update set record = excluded.record"
        ).format(sql.Identifier(f"raw_{source}", stream or TABLES[source])),
        [ORGANIZATION, record_id, Jsonb(record)],
    )


def link(connection: psycopg.Connection) -> LinkSummary:
    return link_clients(connection, ORGANIZATION)


def links(connection: psycopg.Connection) -> dict[tuple[str, str], tuple[str, str]]:
    """(source, id) to (client, how it was matched)."""
    rows = connection.execute("select source, source_client_id, client_id, match_method from app.client_links")
    return {(source, record_id): (client_id, method) for source, record_id, client_id, method in rows}


def clients(connection: psycopg.Connection) -> dict[str, tuple[int, str, bool]]:
    """Client to (alias, name, confirmed)."""
    rows = connection.execute("select client_id, client_alias, name, is_confirmed from app.clients")
    return {client_id: (alias, name, is_confirmed) for client_id, alias, name, is_confirmed in rows}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Juniper Dental", "JUNIPER DENTAL"),
        ("Juniper Dental, P.C.", "Juniper Dental"),
        ("Alder & Finch LLC", "The Alder and Finch, L.L.C."),
        ("O'Dell Freight Co.", "ODell Freight Company"),
        ("Café Ünal GmbH", "cafe unal"),
        ("Harbor-View  Hotels", "Harbor View Hotels Inc"),
        ("Juniper Dental (deleted)", "Juniper Dental"),
        ("Juniper Dental (deleted 2)", "Juniper Dental"),
        ("Maple + Moss", "Maple & Moss"),
    ],
)
def test_names_that_mean_one_firm_match(one: str, other: str):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Juniper Dental", "Juniper Dental Group"),
        ("Alder Finch", "Alder & Finch"),
        ("Inc", "LLC"),
        ("Harbor View", "Harborview"),
    ],
)
def test_names_that_may_be_two_firms_do_not(one: str, other: str):
    assert normalised(one) != normalised(other)


WORDS = st.lists(st.from_regex(r"[a-z0-9]{2,9}", fullmatch=True), min_size=1, max_size=5)


@given(words=WORDS, separator=st.sampled_from([" ", "-", ", ", " / "]))
def test_case_punctuation_and_legal_form_never_matter(words: list[str], separator: str):
    plain = " ".join(words)
    assert normalised(separator.join(words).upper() + ", Inc.") == normalised(f"The {plain}")


@given(one=st.text("!?*-.', ", min_size=1), other=st.text("!?*-.', ", min_size=1))
def test_names_without_a_letter_match_only_themselves(one: str, other: str):
    assert (normalised(one) == normalised(other)) == (one.strip() == other.strip())


@given(names=st.lists(st.text(max_size=80), max_size=12))
def test_ids_are_readable_and_never_collide(names: list[str]):
    taken: set[str] = set()
    for name in names:
        made = slug(name, taken)
        assert made not in taken | {"all", "unassigned"}
        assert made.strip("abcdefghijklmnopqrstuvwxyz0123456789-") == ""
        assert not made.startswith("-")
        taken.add(made)


def test_the_deletion_mark_is_not_part_of_a_name():
    assert without_deletion_mark("Juniper Dental (deleted)") == "Juniper Dental"
    assert without_deletion_mark("Deleted Scenes (Films)") == "Deleted Scenes (Films)"


def test_one_firm_under_four_names_becomes_one_unconfirmed_client(connection: psycopg.Connection, configure):
    vendor_has(connection, "ninjaone", "4", "juniper dental")
    vendor_has(connection, "connectwise", "19301", "Juniper Dental, P.C.")
    vendor_has(connection, "stripe", "cus_9", "Juniper Dental PC")
    vendor_has(connection, "quickbooks", "12", "Juniper Dental (deleted)")
    summary = link(connection)
    assert set(links(connection).values()) == {("juniper-dental", "name")}
    assert clients(connection)["juniper-dental"] == (1, "Juniper Dental, P.C.", False)
    assert (summary.new_clients, summary.new_links, summary.unmatched) == (1, 4, [])


def test_a_record_that_nothing_matches_stands_alone_and_is_listed(connection: psycopg.Connection, configure):
    vendor_has(connection, "stripe", "cus_9", None, email="office@juniper.example")
    vendor_has(connection, "stripe", "cus_10", None)
    summary = link(connection)
    assert {item.name for item in summary.unmatched} == {"office@juniper.example", "cus_10"}
    assert {method for _, method in links(connection).values()} == {"own"}


def test_linking_again_changes_no_row(connection: psycopg.Connection, configure):
    configure("clients: [{name: Juniper, ninjaone: 4}]\n")
    vendor_has(connection, "ninjaone", "4", "JD")
    vendor_has(connection, "connectwise", "2", "Juniper")
    link(connection)
    connection.commit()
    state = "select l.xmin::text, l.*, c.xmin::text, c.*, a.* from app.client_links l, app.clients c, app.audit_log a"
    before = connection.execute(state).fetchall()
    assert len(before) > 0
    summary = link(connection)
    connection.commit()
    assert connection.execute(state).fetchall() == before
    assert (summary.new_clients, summary.new_links, summary.moved_links) == (0, 0, 0)


def test_a_mapping_decides_by_id_or_by_exact_name_and_is_confirmed(connection: psycopg.Connection, configure):
    configure("clients: [{name: Juniper Dental, ninjaone: 4, connectwise: JD Holdings, stripe: billing@jd.example}]\n")
    vendor_has(connection, "ninjaone", "4", "JD")
    vendor_has(connection, "connectwise", "19301", "JD Holdings")
    vendor_has(connection, "stripe", "cus_9", "J. D.", email="billing@jd.example")
    vendor_has(connection, "quickbooks", "12", "Juniper Dental Inc.")
    link(connection)
    assert links(connection) == {
        ("ninjaone", "4"): ("juniper-dental", "mapped"),
        ("connectwise", "19301"): ("juniper-dental", "mapped"),
        ("stripe", "cus_9"): ("juniper-dental", "mapped"),
        ("quickbooks", "12"): ("juniper-dental", "name"),
    }
    assert clients(connection)["juniper-dental"] == (1, "Juniper Dental", True)


def test_a_mapping_to_a_record_that_no_vendor_has_is_reported(connection: psycopg.Connection, configure):
    configure("clients: [{name: Juniper Dental, ninjaone: [4, Junper]}]\n")
    vendor_has(connection, "ninjaone", "4", "JD")
    assert link(connection).missing == [("ninjaone", "Junper", "Juniper Dental")]


def test_a_mapping_made_later_keeps_the_id_and_merges_the_rest_into_it(connection: psycopg.Connection, configure):
    vendor_has(connection, "connectwise", "19301", "JD Holdings")
    vendor_has(connection, "stripe", "cus_9", "Juniper")
    link(connection)
    configure("clients: [{name: Juniper Dental, connectwise: 19301, stripe: cus_9}]\n")
    summary = link(connection)
    assert summary.new_clients == 0
    assert summary.moved_links == 1
    assert set(links(connection).values()) == {("jd-holdings", "mapped")}
    assert clients(connection)["jd-holdings"] == (1, "Juniper Dental", True)
    merged = connection.execute("select client_id, merged_into_client_id from app.clients where client_alias = 2")
    assert merged.fetchall() == [("juniper", "jd-holdings")]


def test_a_mapping_that_takes_a_wrong_match_apart_leaves_the_other_client_as_it_was(
    connection: psycopg.Connection, configure
):
    vendor_has(connection, "connectwise", "1", "Juniper")
    vendor_has(connection, "stripe", "cus_9", "Juniper Inc")
    link(connection)
    configure("clients: [{name: Juniper Landscaping, stripe: cus_9}]\n")
    link(connection)
    assert links(connection) == {
        ("connectwise", "1"): ("juniper", "own"),
        ("stripe", "cus_9"): ("juniper-landscaping", "mapped"),
    }


def test_a_mapping_taken_out_of_the_file_gives_the_record_back_to_its_own_client(
    connection: psycopg.Connection, configure
):
    """Somebody mapped a record to the wrong client: with the line gone, that client's figures are its own again."""
    vendor_has(connection, "connectwise", "1", "Juniper")
    vendor_has(connection, "connectwise", "2", "Larkspur")
    vendor_has(connection, "ninjaone", "4", "Larkspur Inc")
    link(connection)
    right = links(connection)
    configure("clients: [{name: Juniper, connectwise: [1, 2], ninjaone: 4}]\n")
    link(connection)
    assert {client for client, _ in links(connection).values()} == {"juniper"}
    configure()
    link(connection)
    assert links(connection) == right
    assert clients(connection)["larkspur"] == (2, "Larkspur", False)
    assert connection.execute(
        "select count(*) from app.clients where merged_into_client_id is not null"
    ).fetchone() == (0,)


def test_records_that_only_a_mapping_had_joined_part_when_it_goes(connection: psycopg.Connection, configure):
    configure("clients: [{name: Juniper Dental, connectwise: 1, ninjaone: 4}]\n")
    vendor_has(connection, "connectwise", "1", "JD Holdings")
    vendor_has(connection, "ninjaone", "4", "Front Street")
    link(connection)
    configure()
    link(connection)
    assert links(connection) == {
        ("connectwise", "1"): ("juniper-dental", "own"),
        ("ninjaone", "4"): ("front-street", "own"),
    }


def test_a_vendor_that_renames_a_mapped_record_changes_nothing(connection: psycopg.Connection, configure):
    """The mapping still says the old name; nobody took it away."""
    configure("clients: [{name: Juniper Dental, connectwise: JD Holdings, ninjaone: JD}]\n")
    vendor_has(connection, "connectwise", "1", "JD Holdings")
    vendor_has(connection, "ninjaone", "4", "JD")
    link(connection)
    before = links(connection), clients(connection)
    vendor_has(connection, "connectwise", "1", "Larkspur Dental")
    for _ in range(2):
        assert link(connection).missing == [("connectwise", "JD Holdings", "Juniper Dental")]
        assert (links(connection), clients(connection)) == before


def test_a_client_renamed_in_the_file_keeps_its_id(connection: psycopg.Connection, configure):
    configure("clients: [{name: Juniper, ninjaone: 4}]\n")
    vendor_has(connection, "ninjaone", "4", "JD")
    link(connection)
    configure("clients: [{name: Juniper Dental Group, ninjaone: 4}]\n")
    link(connection)
    assert clients(connection)["juniper"] == (1, "Juniper Dental Group", True)
    assert links(connection)["ninjaone", "4"] == ("juniper", "mapped")


def test_a_vendor_that_renames_a_client_changes_its_name_and_nothing_else(connection: psycopg.Connection, configure):
    vendor_has(connection, "connectwise", "1", "Juniper")
    vendor_has(connection, "ninjaone", "4", "Juniper")
    link(connection)
    vendor_has(connection, "connectwise", "1", "Larkspur Dental")
    link(connection)
    assert set(links(connection).values()) == {("juniper", "name")}
    assert clients(connection)["juniper"] == (1, "Larkspur Dental", False)


def test_ids_stay_when_clients_come_and_go(connection: psycopg.Connection, configure):
    vendor_has(connection, "connectwise", "9", "Beta")
    vendor_has(connection, "connectwise", "10", "Gamma")
    link(connection)
    vendor_has(connection, "connectwise", "1", "Alpha")
    connection.execute("delete from raw_connectwise.companies where record_id = '9'")
    link(connection)
    assert {name: alias for name, (alias, _, _) in clients(connection).items()} == {
        "unassigned": 0,
        "beta": 1,
        "gamma": 2,
        "alpha": 3,
    }


def test_a_sub_customer_of_quickbooks_belongs_to_its_parent(connection: psycopg.Connection, configure):
    vendor_has(connection, "quickbooks", "1", "Juniper", FullyQualifiedName="Juniper")
    vendor_has(connection, "quickbooks", "2", "Office move", FullyQualifiedName="Juniper:Office move")
    link(connection)
    assert set(links(connection).values()) == {("juniper", "name")}


def test_excluded_ninjaone_organizations_are_marked_whatever_their_case(connection: psycopg.Connection, configure):
    configure("devices: {excluded_organizations: [Northwind IT]}\n")
    vendor_has(connection, "ninjaone", "1", "NORTHWIND IT ")
    vendor_has(connection, "ninjaone", "2", "Juniper")
    vendor_has(connection, "connectwise", "1", "Northwind IT")
    link(connection)
    excluded = connection.execute("select source, source_client_id from app.client_links where is_excluded")
    assert excluded.fetchall() == [("ninjaone", "1")]


def test_a_record_that_waited_alone_joins_the_client_a_person_named(connection: psycopg.Connection, configure):
    vendor_has(connection, "stripe", "cus_9", "Juniper Dental")
    link(connection)
    vendor_has(connection, "connectwise", "1", "JD Holdings")
    link(connection)
    configure("clients: [{name: 'Juniper Dental, Inc.', connectwise: 1}]\n")
    link(connection)
    assert links(connection) == {
        ("connectwise", "1"): ("jd-holdings", "mapped"),
        ("stripe", "cus_9"): ("jd-holdings", "name"),
    }


def test_tenants_and_customers_of_one_database_are_clients_even_where_their_numbers_are_the_same(
    connection: psycopg.Connection, configure
):
    configure("clients: [{name: Tolliver Cold Storage, opsdb: [customers/9]}]\n")
    for number, tenant, customer in ((10, "Acorn Bakery", "MARROWBY FOODS"), (9, "Marrowby Foods, Inc.", "TOLLIVER")):
        vendor_has(connection, "opsdb", str(number), tenant, stream="tenants")
        vendor_has(connection, "opsdb", str(number), customer, stream="customers")
    link(connection)
    assert links(connection) == {
        ("opsdb", "tenants/10"): ("acorn-bakery", "own"),
        ("opsdb", "tenants/9"): ("marrowby-foods", "name"),
        ("opsdb", "customers/10"): ("marrowby-foods", "name"),
        ("opsdb", "customers/9"): ("tolliver-cold-storage", "mapped"),
    }


def test_two_tenants_of_one_name_are_two_clients(connection: psycopg.Connection, configure):
    for number in (9, 10):
        vendor_has(connection, "opsdb", str(number), "Acorn Bakery", stream="tenants")
    vendor_has(connection, "stripe", "cus_1", "Acorn Bakery")
    assert link(connection).new_clients == 2
    assert {key: client for key, (client, _) in links(connection).items()} == {
        ("stripe", "cus_1"): "acorn-bakery", ("opsdb", "tenants/9"): "acorn-bakery",
        ("opsdb", "tenants/10"): "acorn-bakery-2",
    }  # fmt: skip


def test_a_vendor_that_was_never_read_is_no_obstacle(connection: psycopg.Connection, configure):
    connection.execute("drop table raw_stripe.customers")
    vendor_has(connection, "connectwise", "1", "Juniper")
    assert link(connection).new_clients == 1
