"""Each question that the documentation shows analysts runs as it stands and has an answer."""

import re

import psycopg
import pytest

from tests.three_businesses import Warehouse
from warehouse.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "how-to" / "query-the-marts.md").read_text()
QUESTIONS = dict(re.findall(r"^## (.+?)\n\n```sql\n(.+?)```", PAGE, re.MULTILINE | re.DOTALL))


def test_every_section_of_the_page_is_asked() -> None:
    assert len(QUESTIONS) == PAGE.count("```sql") == PAGE.count("\n## ") >= 10


@pytest.mark.parametrize("title", QUESTIONS)
def test_a_question_of_the_documentation_has_an_answer(warehouse: Warehouse, title: str) -> None:
    with psycopg.connect(warehouse.url) as connection:
        cursor = connection.execute(QUESTIONS[title].replace("my-msp", "seed-7").encode())
        rows = cursor.fetchall()
    assert rows
    columns = [column.name for column in cursor.description or []]
    empty = {name for name, values in zip(columns, zip(*rows, strict=True), strict=True) if set(values) == {None}}
    assert {name for name in empty if not name.endswith(("reason", "_error"))} == set()
