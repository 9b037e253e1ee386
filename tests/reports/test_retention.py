"""How long finished files are kept."""

from datetime import UTC, datetime, timedelta

from reports import retention
from tests.reports import marts
from warehouse.artefacts import store


def test_files_go_after_the_days_the_organization_keeps_them_and_what_is_frozen_or_a_deck_never(warehouse, tmp_path):
    marts.organization(warehouse, settings={"retention": {"exports_days": 10}})
    made = {}
    for name, kind, more in (
        ("old.csv", "export", {}),
        ("frozen.csv", "export", {"is_frozen": True}),
        ("deck.pptx", "company_deck", {}),
        ("snapshot.json", "snapshot_file", {}),
    ):
        path = tmp_path / "reports" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        made[name] = store(warehouse, marts.ORGANIZATION, path, kind=kind, **more).artefact_id
    outside = tmp_path / "outside.csv"
    outside.write_text("not ours")
    store(warehouse, marts.ORGANIZATION, outside, kind="export")
    now = datetime.now(UTC)
    cleared = [
        retention.clear(warehouse, marts.ORGANIZATION, tmp_path / "reports", now + timedelta(days=days))
        for days in (9, 11, 11)
    ]
    assert [one.files for one in cleared] == [0, 1, 0]
    left = {path.name for path in (tmp_path / "reports").iterdir()}
    assert left == {"frozen.csv", "deck.pptx", "snapshot.json"}
    assert outside.exists()
    removed = warehouse.execute("select artefact_id from app.artefacts where removed_at is not null").fetchall()
    assert removed == [(made["old.csv"],)]
