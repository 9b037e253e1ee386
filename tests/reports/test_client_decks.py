"""A client sees its own rows and nothing else: markers are planted everywhere else and every byte is searched."""

from decimal import Decimal

from reports.decks import build_deck
from reports.decks.rendering import render
from reports.decks.snapshots import decode
from reports.paper.handout import write_handout
from tests.reports import marts, reading
from tests.reports.building import build_decks

OTHERS, INTERNAL, SECRET = "zz-other-marker", "7531", "zz-internal-marker"


def test_no_byte_of_a_client_deck_tells_of_another_client_or_of_the_organization(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    plant_markers(warehouse)
    [built] = build_decks(warehouse, marts.ORGANIZATION, marts.QUARTER, tmp_path, decks=(), clients=["juniper-dental"])
    write_handout(render(decode(built.snapshot_path.read_bytes())).record, "", built.path.with_suffix(".xlsx"))
    parts = [
        (f"{path.name} {name}", content)
        for path in sorted(tmp_path.rglob("*.*"))
        for name, content in everything_in(path)
    ]
    assert {name.split(" ")[0].rpartition(".")[2] for name, _ in parts} == {"json", "pptx", "xlsx"}
    assert any(name.endswith("!xl/worksheets/sheet1.xml") for name, _ in parts)
    assert any(b"Juniper Dental" in content for _, content in parts)
    for marker in (
        OTHERS,
        INTERNAL,
        SECRET,
        "Birch",
        "Orchard",
        "total_revenue",
        "net_profit",
        "rhem",
        "Vehicles:Fuel",
    ):
        for name, content in parts:
            assert marker.encode() not in content, f"{marker} in {name}"


def test_the_markers_would_be_found(warehouse, tmp_path):
    """The search above can fail: the marked client's own deck holds its marker."""
    marts.whole_organization(warehouse)
    plant_markers(warehouse)
    built = build_deck(warehouse, "client", marts.ORGANIZATION, marts.QUARTER, tmp_path, client_id="birch-freight")
    everything = b"".join(content for _, content in reading.every_byte(built.path.read_bytes()))
    assert OTHERS.encode() in everything
    assert INTERNAL.encode() in everything


def test_a_client_deck_shows_devices_tickets_hours_and_agreements(fernhill, tmp_path):
    built = build_deck(fernhill, "client", marts.ORGANIZATION, marts.QUARTER, tmp_path, client_id="juniper-dental")
    deck = reading.presentation(built.path)
    kickers = [reading.texts(page)[0] for page in deck.slides]
    assert kickers == [
        "Fernhill IT",
        "What changed",
        "Your devices",
        "Your tickets and our hours",
        "Your agreements",
        "About these figures",
    ]
    trend, classes = reading.charts(deck.slides[2])
    assert trend.cache["Endpoints"][-1] == marts.monthly_value("endpoints_managed", "2026-06", "juniper-dental")
    assert dict(zip(classes.categories, classes.cache["Endpoints"], strict=True)) == {
        "Windows workstation": 6, "Windows server": 3, "Mac": 2, "Linux server": 1,
    }  # fmt: skip
    [[_, *rows]] = reading.tables(deck.slides[4])
    assert rows == [["Managed care", "Managed Services", "Yes", "Mar 1, 2024", "Open", "$2,450.00"]]


def test_what_is_not_known_of_a_client_is_listed_with_its_months(fernhill, tmp_path):
    built = build_deck(fernhill, "client", marts.ORGANIZATION, marts.QUARTER, tmp_path, client_id="juniper-dental")
    words = reading.texts(reading.presentation(built.path).slides[5])
    assert "Some figures of this review are not known" in words
    assert "# of seats managed (BHAG), Sep 2025: No device reading falls into 2025-09" in words


def test_months_in_a_row_are_named_by_the_first_and_last(fernhill, tmp_path):
    fernhill.execute(
        "update marts.fct_metrics_monthly set value = null, reason = 'The client is not known in NinjaOne.' "
        "where client_id = 'juniper-dental' and metric = 'endpoints_managed'"
    )
    built = build_deck(fernhill, "client", marts.ORGANIZATION, marts.QUARTER, tmp_path, client_id="juniper-dental")
    words = reading.texts(reading.presentation(built.path).slides[5])
    assert "# of endpoints managed, Jun 2025 to Jun 2026: The client is not known in NinjaOne" in words


def everything_in(path):
    """Every part of a file that is a package, else the file."""
    content = path.read_bytes()
    return list(reading.every_byte(content)) if content[:4] == b"PK\x03\x04" else [("whole", content)]


def plant_markers(connection) -> None:
    """Marks every row that is not Juniper Dental's, in words and in figures."""
    for table in ("fct_metrics_monthly", "fct_metrics_quarterly"):
        connection.execute(
            f"update marts.{table} set value = 7531000 + value, reason = '{SECRET}' where client_id <> 'juniper-dental'"
        )
    connection.execute(f"update marts.fct_smartnumbers set value = 7531, formula = '{SECRET}'")
    connection.execute(
        "update marts.dim_clients set name = %s || name, connectwise_company_id = %s "
        "where client_id <> 'juniper-dental'",
        [OTHERS, OTHERS],
    )
    connection.execute(
        "update marts.fct_agreements set agreement_name = %s, agreement_type = %s, monthly_amount = %s "
        "where client_id <> 'juniper-dental'",
        [OTHERS, OTHERS, Decimal(7531)],
    )
    connection.execute(
        "update marts.fct_device_months set device_name = %s, node_class = %s where client_id <> 'juniper-dental'",
        [OTHERS, OTHERS.upper()],
    )
    connection.execute(f"update marts.fct_source_freshness set last_error = '{SECRET}', records = 7531")
    connection.execute(f"update app.check_results set message = '{SECRET}'")
    connection.execute(f"update marts.fct_missing_inputs set reason = '{SECRET}'")
    connection.execute("update marts.fct_unmapped_accounts set amount = 7531")
