"""An organization without any vendor: `qbr init`, figures imported from an older system, `qbr run`.

What it should see was worked out by hand: every month holds the same figures, so that a missing one shows at once.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pptx import Presentation

from tests.command import Ended, qbr
from tests.installation import installed
from warehouse.settings import get_settings

AS_OF = "2026-07-06T14:00:00Z"

# One month of a small business, all 27 inputs. The parts add up to the totals, as an older system would have had them.
MONTH = {
    "reactive_tickets_created": "300",
    "reactive_tickets_closed": "290",
    "reactive_time_spent": "250.50",
    "endpoints_managed": "600",
    "seats_managed": "500",
    "nrr": "20000.00",
    "mrr": "100000.00",
    "orr": "5000.00",
    "product_sales": "15000.00",
    "misc_revenue": "200.00",
    "total_revenue": "140200.00",
    "employee_expense": "60000.00",
    "owner_comp": "10000.00",
    "owner_comp_taxes": "5000.00",
    "product_cogs": "12000.00",
    "other_expenses": "20000.00",
    "total_expenses": "107000.00",
    "net_profit": "33200.00",
    "employees": "20",
    "technical_employees": "12.5",
    "agreements": "18",
    "telemarketing_dials": "170",
    "first_time_appointments": "4",
    "prospects_to_pbr": "3",
    "new_agreements": "1",
    "new_mrr": "3000.00",
    "lost_mrr": "1000.00",
}
FIFTEEN_MONTHS = [f"{2025 + month // 12}-{month % 12 + 1:02d}" for month in range(3, 18)]  # 2025-04 to 2026-06
MISSING = "2026-05"
CLEARED = ("2026-02", "nrr")

# A quarter of three such months. Ratios stay what they are when one is missing, sums do not.
RATIOS = {
    "tickets_per_tech_per_month": 23.2,  # 870 / 12.5 / 3
    "total_close_pct": 0.9667,  # 870 / 900
    "tickets_per_endpoint_per_month": 0.5,  # 900 / 3 / 600
    "rhem": 0.4175,  # 751.5 / 600 / 3
    "avg_resolution_time": 0.8638,  # 751.5 / 870
    "reactive_service_pct": 0.12,  # 250.5 / (12.5 x 167)
    "net_profit_pct": 0.2368,  # 99600 / 420600
    "revenue_from_services_pct": 0.8559,  # 360000 / 420600
    "services_from_mrr_pct": 0.8333,  # 300000 / 360000
    "annual_service_rev_per_employee": 72000,  # 360000 / 20 x 12 / 3
    "annual_service_rev_per_tech": 115200,  # 360000 / 12.5 x 12 / 3
    "avg_aisp": 200,  # 300000 / 500 / 3
    "avg_mrr_per_agreement": 5555.56,  # 300000 / 18 / 3
    "dials_per_appointment": 42.5,  # 510 / 12
    "sales_call_close_pct": 0.25,  # 3 / 12
}
SUMS = {"new_mrr_added": 3000, "lost_mrr": 1000, "net_mrr_gain": 2000}  # of one month


@dataclass(frozen=True)
class History:
    """What the person saw, in the order in which it was done."""

    database_url: str
    folder: Path
    made: Ended
    untouched: Ended
    imported: Ended
    ran: Ended

    def smartnumbers(self, quarter: str) -> dict[str, Any]:
        ended = qbr("metrics", "--organization", "juniper-it", "--quarter", quarter, "--json")
        assert (ended.exit_code, ended.err) == (0, "")
        return dict(json.loads(ended.out)["smartnumbers"])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query).fetchall()


def csv(months: list[str], **changed: str) -> str:
    """The file of those months; a changed figure is given as its month and metric, `-` written `_`."""
    lines = ["period,metric,value,note"]
    for month in months:
        for metric, value in MONTH.items():
            lines.append(f"{month},{metric},{changed.get(f'm{month}_{metric}'.replace('-', '_'), value)},old system")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def history(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """One starter file left as it is, another organization's history imported, both run together."""
    folder = tmp_path_factory.mktemp("installation")
    with installed(module_database_url, folder / "var", folder / "config", as_of=AS_OF, builds=True):
        made = qbr("init", "untouched-co", "--name", 'Untouched & "Sons": #1')
        untouched = qbr("run")
        qbr("init", "juniper-it", "--name", "Juniper IT", "--time-zone", "Europe/Zurich")
        starter = folder / "config" / "juniper-it.yml"
        # The file's history begins in the middle of what is imported.
        starter.write_text(starter.read_text().replace('history_start: "2024-01"', 'history_start: "2026-01"'))
        figures = folder / "history.csv"
        figures.write_text(csv([month for month in FIFTEEN_MONTHS if month != MISSING]))
        imported = qbr("import", "manual", str(figures), "--organization", "juniper-it", "--method", "imported")
        cleared = folder / "cleared.csv"
        cleared.write_text(f"period,metric,value\n{CLEARED[0]},{CLEARED[1]},\n")
        again = qbr("import", "manual", str(cleared), "--organization", "juniper-it", "--method", "imported")
        assert "1 cleared" in again.out
        yield History(module_database_url, folder, made, untouched, imported, qbr("run"))


# A starter file that nobody has edited


def test_init_says_what_to_do_next(history: History) -> None:
    assert (history.made.exit_code, history.made.err) == (0, "")
    assert "untouched-co.yml. Next: edit it, then connect a source with `qbr connect SOURCE" in history.made.out
    assert "`qbr import manual FILE --organization untouched-co --method imported`" in history.made.out


def test_a_run_of_an_untouched_starter_file_works_and_says_what_to_do_next(history: History) -> None:
    assert (history.untouched.exit_code, history.untouched.err) == (0, "")
    assert 'Untouched & "Sons": #1 has no SmartNumbers of 2026-Q2 yet' in history.untouched.out
    assert "Next: connect a source with `qbr connect SOURCE --organization untouched-co`" in history.untouched.out
    assert "0 failed" in history.untouched.out


# Imported history alone


def test_the_import_counts_what_it_brought(history: History) -> None:
    assert (history.imported.exit_code, history.imported.err) == (0, "")
    assert f"{14 * 27} figures new, 0 changed, 0 cleared, 0 as before" in history.imported.out


def test_the_run_is_good_although_two_organizations_live_on_imports(history: History) -> None:
    assert (history.ran.exit_code, history.ran.err) == (0, "")
    assert "Juniper IT: SmartNumbers of 2026-Q2 (incomplete)" in history.ran.out


@pytest.mark.parametrize("quarter", ["2025-Q2", "2025-Q3", "2025-Q4"], ids=["before history_start", "Q3", "Q4"])
def test_whole_quarters_have_the_smartnumbers_worked_out_by_hand(history: History, quarter: str) -> None:
    """The file's `history_start` lies after all three: what was imported is history too."""
    found = {key: facts["value"] for key, facts in history.smartnumbers(quarter).items()}
    assert found == RATIOS | {key: 3 * value for key, value in SUMS.items()}


def test_a_quarter_of_two_months_counts_two_months(history: History) -> None:
    numbers = history.smartnumbers("2026-Q2")
    assert {key: facts["value"] for key, facts in numbers.items()} == RATIOS | {k: 2 * v for k, v in SUMS.items()}
    assert history.rows(
        "select distinct months_present, is_incomplete from marts.fct_smartnumbers"
        " where organization_id = 'juniper-it' and quarter = '2026-Q2' and is_headline"
    ) == [(2, True)]


def test_a_cleared_value_is_missing_where_it_is_needed_and_nowhere_else(history: History) -> None:
    """Without the month's nrr its service revenue is unknown: those numbers rest on January and March."""
    numbers = history.smartnumbers("2026-Q1")
    assert {key: facts["value"] for key, facts in numbers.items()} == RATIOS | {k: 3 * v for k, v in SUMS.items()}
    rests_on = dict(
        history.rows(
            "select metric, months_present from marts.fct_smartnumbers"
            " where organization_id = 'juniper-it' and quarter = '2026-Q1' and is_headline"
        )
    )
    with_nrr = {key for key, months in rests_on.items() if months == 2}
    assert with_nrr == {
        "annual_service_rev_per_employee",
        "annual_service_rev_per_tech",
        "revenue_from_services_pct",
        "services_from_mrr_pct",
    }
    assert {rests_on[key] for key in rests_on.keys() - with_nrr} == {3}


def test_a_figure_says_that_it_was_imported(history: History) -> None:
    ended = qbr("explain", "mrr", "--period", "2025-08", "--organization", "juniper-it")
    assert ended.exit_code == 0
    assert "$100,000.00" in ended.out
    assert "Imported from a file; nothing else was offered." in ended.out
    cleared = qbr("explain", CLEARED[1], "--period", CLEARED[0], "--organization", "juniper-it")
    assert cleared.out.splitlines()[0].endswith(": no figure")
    assert "cleared the value on purpose" in cleared.out


# Deck and alerts


def deck_text(history: History) -> str:
    paths = list((get_settings().var_dir / "reports" / "juniper-it" / "2026-Q2").rglob("*.pptx"))
    assert [path.name for path in paths] == ["juniper-it-2026-Q2-company.pptx"]
    with zipfile.ZipFile(paths[0]) as package:
        assert package.testzip() is None
    shown = []
    for slide in Presentation(str(paths[0])).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                shown.append(shape.text_frame.text)
            if shape.has_table:
                shown += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(shown)


def test_the_deck_shows_the_numbers_and_says_what_is_missing(history: History) -> None:
    text = deck_text(history)
    assert "Juniper IT" in text
    assert "96.7" in text or "96.67" in text
    assert "23.2" in text
    assert "May 2026" in text or MISSING in text
    assert "None" not in text
    assert "nan" not in text.split()


def test_alerts_tell_of_the_missing_month(history: History) -> None:
    open_alerts = history.rows(
        "select rule, scope, message from app.alerts where organization_id = 'juniper-it' and state = 'open'"
    )
    missing = [message for rule, _, message in open_alerts if rule == "missing_inputs"]
    assert any("27 inputs are missing for May 2026" in message for message in missing)
    assert not [rule for rule, _, _ in open_alerts if rule.startswith("source_")]


def test_the_missing_month_can_be_brought_later_and_the_same_file_changes_nothing(history: History) -> None:
    file = history.folder / "may.csv"
    file.write_text(csv([MISSING]))
    typed = ("import", "manual", str(file), "--organization", "juniper-it", "--method", "imported")
    assert "27 figures new, 0 changed" in qbr(*typed).out
    assert "0 figures new, 0 changed, 0 cleared, 27 as before" in qbr(*typed).out
