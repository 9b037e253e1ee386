"""The monthly report on the data says the same everywhere."""

import re

from reports.quality_report import build_quality_report
from tests.reports import marts
from tests.reports.investors import AS_OF


def test_the_quality_report_says_the_same_on_the_page_in_the_workbook_and_in_the_mail(fernhill, tmp_path):
    fernhill.execute(
        "insert into app.check_results (organization_id, check_name, subject, severity, is_passed, message, "
        "checked_at) values (%s, 'ties', 'books <1>', 'error', false, 'differs by 12.00', %s)",
        [marts.ORGANIZATION, AS_OF],
    )
    done = build_quality_report(fernhill, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    page, workbook = done.files
    words = page.read_text()
    assert "books &lt;1&gt;" in words
    assert "differs by 12.00" in words
    assert "http" not in words.replace("http-equiv", "")
    assert any(finding.startswith("Readiness: No score: the marts hold no readiness") for finding in done.findings)
    assert any(re.match(r"Checks: 1 of \d+ checks fail", finding) for finding in done.findings)
    assert "differs by 12.00" in done.mailing.text
    assert workbook.stat().st_size > 1000
    again = build_quality_report(fernhill, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path / "again")
    assert [path.read_bytes() for path in again.files] == [page.read_bytes(), workbook.read_bytes()]
