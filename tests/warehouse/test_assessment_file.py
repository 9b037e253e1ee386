"""Files of assessments: whole or not at all, the same again adds nothing, a change adds a row."""

from datetime import date
from pathlib import Path

import psycopg
import pytest

from warehouse.assessment_file import AssessmentFileError, ImportedAssessments, import_assessments
from warehouse.audit import Actor

MANAGER, TODAY = Actor("person", "r.embers"), date(2026, 7, 6)
HEADER = "equipment,date,condition,assessed_by,age_years,annual_maintenance_cost,notes,reason\n"


@pytest.fixture
def dealer(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(
        "insert into app.organizations "
        "(organization_id, alias, name, time_zone, currency, locale, history_start, config_hash) "
        "values ('dealer', 1, 'Dealer', 'America/Chicago', 'USD', 'en_US', '2026-01', '')"
    )
    connection.execute(
        "insert into raw_opsdb.equipment "
        "(organization_id, record_id, record, record_hash, first_seen_at, extracted_at, run_id) "
        "values ('dealer', 'U1', '{}', '', now(), now(), 'run'), ('other', 'U9', '{}', '', now(), now(), 'run')"
    )
    return connection


@pytest.fixture
def take(dealer: psycopg.Connection, tmp_path: Path):
    """Import a file of these lines."""

    def taken(text: str) -> ImportedAssessments:
        path = tmp_path / "looks.csv"
        path.write_text(text, encoding="utf-8-sig")
        return import_assessments(dealer, "dealer", path, MANAGER, today=TODAY)

    return taken


def held(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    found = connection.execute(
        "select equipment_id, assessed_on::text, condition, age_years::text, annual_maintenance_cost::text, notes, "
        "reason from app.condition_assessments where organization_id = 'dealer' order by assessment_id"
    )
    return found.fetchall()


def test_a_file_is_taken_once_and_a_change_of_it_is_added(dealer: psycopg.Connection, take) -> None:
    text = HEADER + "U1,2026-06-30,Replace,R. Embers,12,4300.5,mast leaks,\n\nU9,2026-06-30,good,R. Embers,,,,\n"
    assert take(text) == ImportedAssessments(new=2, unchanged=0, unknown=["U9"])
    assert take(text) == ImportedAssessments(new=0, unchanged=2, unknown=["U9"])
    changed = text.replace("Replace,R. Embers,12,4300.5,mast leaks,", "monitor,R. Embers,12,,,not this mast")
    assert take(changed) == ImportedAssessments(new=1, unchanged=1, unknown=["U9"])
    assert held(dealer) == [
        ("U1", "2026-06-30", "replace", "12.00", "4300.50", "mast leaks", None),
        ("U9", "2026-06-30", "good", None, None, None, None),
        ("U1", "2026-06-30", "monitor", "12.00", None, None, "not this mast"),
    ]


def test_columns_that_are_not_needed_may_be_left_out(dealer: psycopg.Connection, take) -> None:
    assert take("Condition,Equipment,Date,Assessed_by\ngood,U1,2026-07-06,R. Embers\n").new == 1
    assert held(dealer) == [("U1", "2026-07-06", "good", None, None, None, None)]


def test_every_problem_is_told_with_its_line_and_nothing_is_written(dealer: psycopg.Connection, take) -> None:
    lines = [
        "U1,2026-06-30,good,R. Embers,,,,",
        "U1,2026-06-30,good,R. Embers,,,,",
        "U1,30.6.2026,fine,,-1,\"1,200\",,",
        "U1,2026-07-07,good,R. Embers,,,,",
        "U2,2026-07-01,good,R. Embers,1000,,,",
        "U2,2026-07-01,good,R. Embers,1,2,3,4,5",
    ]  # fmt: skip
    with pytest.raises(AssessmentFileError) as caught:
        take(HEADER + "\n".join(lines))
    told = str(caught.value).splitlines()
    assert told[0].endswith("looks.csv: nothing was imported.")
    assert told[1:] == [
        "line 3: U1 on 2026-06-30 stands on line 2 already.",
        "line 4: assessed_by is empty.",
        "line 4: condition must be one of good, monitor, replace; 'fine' is not.",
        "line 4: date must be a day such as 2026-06-30; '30.6.2026' is not.",
        "line 4: age_years must be a number such as 4300.50 with two decimals at most; '-1' is not.",
        "line 4: annual_maintenance_cost must be a number such as 4300.50 with two decimals at most; '1,200' is not.",
        "line 5: 2026-07-07 has not come yet.",
        "line 6: age_years must be at most 999.99.",
        "line 7: has 9 cells for 8 columns.",
    ]
    assert held(dealer) == []


@pytest.mark.parametrize("text", ["", "machine,day\nU1,2026-06-30\n", "equipment,date,condition\n"])
def test_a_file_without_its_columns_is_refused(take, text: str) -> None:
    with pytest.raises(AssessmentFileError, match="must name the columns equipment,date,condition,assessed_by"):
        take(text)


def test_a_file_that_is_not_there_is_told_of(dealer: psycopg.Connection, tmp_path: Path) -> None:
    with pytest.raises(AssessmentFileError, match=r"gone\.csv cannot be read"):
        import_assessments(dealer, "dealer", tmp_path / "gone.csv", MANAGER, today=TODAY)
