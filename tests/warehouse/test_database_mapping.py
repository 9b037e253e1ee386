"""What an organization's file may say of its operational database, and how it is told what it may not."""

from pathlib import Path

import pytest

from warehouse.database_mapping import DatabaseOptions
from warehouse.organizations import ConfigurationError, Organization, load_organization

FACTS = "id: northwind-it\nname: Northwind IT\ntime_zone: America/Chicago\nsources:\n  opsdb:\n"
LEADS = "    tables:\n      leads:\n        table: crm.leads\n        columns: {id: ref, created_at: at}\n"


def load(folder: Path, more: str) -> Organization:
    path = folder / "northwind-it.yml"
    path.write_text(FACTS + more)
    return load_organization(path)


def options(folder: Path, more: str) -> DatabaseOptions:
    found = load(folder, more).sources.opsdb
    assert found is not None
    return found


def test_a_mapping_is_names_and_constants(tmp_path: Path) -> None:
    found = options(tmp_path, LEADS + "        where: {is_test: false, region: [eu, us], gone: }\n")
    leads = found.tables["leads"]
    assert (leads.table, leads.columns) == ("crm.leads", {"id": "ref", "created_at": "at"})
    assert leads.where == {"is_test": (False,), "region": ("eu", "us"), "gone": (None,)}


def test_a_database_that_is_turned_on_without_tables_has_nothing_in_use(tmp_path: Path) -> None:
    organization = load(tmp_path, "")
    assert organization.sources.enabled == ("opsdb",)
    assert organization.sources.opsdb == DatabaseOptions()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            LEADS.replace("leads:", "lead:"),
            "sources.opsdb.tables must name streams of an operational database; 'lead' is none (did you mean leads?)",
        ),
        (
            LEADS.replace("created_at", "create_at"),
            "must map fields of leads; 'create_at' is none (did you mean created_at?); there are id, created_at,",
        ),
        (LEADS.replace(", created_at: at", ""), "must map what leads cannot do without: created_at"),
        (LEADS.replace("crm.leads", "a.b.c"), "tables.leads.table must be a table or view, or schema.table; 'a.b.c'"),
        (LEADS.replace("crm.leads", "crm."), "must be a table or view, or schema.table; 'crm.' is neither"),
        (LEADS.replace("table: crm.leads", "table: select 1; drop table x"), "must be a plain name, not SQL"),
        (LEADS.replace("at}", "max(at)}"), "columns.created_at must be a plain name, not SQL and without quotes"),
        (LEADS.replace("table: crm.leads", "table: '\"leads\"'"), "must be a plain name, not SQL and without quotes"),
        (LEADS.replace("crm.leads", "x" * 129), "must be a name of at most 128 printable characters"),
        (LEADS + "        where: {seats: []}\n", "sources.opsdb.tables.leads.where.seats is not accepted"),
        (LEADS + "        where: {seats: {above: 3}}\n", "line 10: sources.opsdb.tables.leads.where.seats"),
        (LEADS + "        sql: select\n", "sources.opsdb.tables.leads.sql is not a key here; "),
        ("    time_zone: Chicago\n" + LEADS, "line 6: sources.opsdb.time_zone must be an IANA time zone"),
        ("    tabels: {}\n", "sources.opsdb.tabels is not a key here; did you mean tables?"),
    ],
    ids=[
        "stream",
        "field",
        "required",
        "three parts",
        "no name",
        "SQL",
        "function",
        "quotes",
        "long",
        "no constant",
        "condition",
        "key",
        "zone",
        "option",
    ],
)
def test_what_cannot_be_used_is_told_with_what_can(tmp_path: Path, more: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, more)
    assert sentence in str(refused.value)
