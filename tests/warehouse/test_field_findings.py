"""When a field counts as gone, and how sure that is."""

from datetime import UTC, datetime, timedelta

from warehouse.field_findings import FADES_AFTER, FieldProfile, Gone, Seen, with_values, without_values

NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)


def missed(
    before: FieldProfile,
    records: int,
    *,
    changed: int = 0,
    live: int = 0,
    left: Gone = "elsewhere still",
    as_of: datetime = NOW,
) -> FieldProfile:
    return without_values(before, Seen(records, changed, 0), live=live, left=left, witness="1", as_of=as_of)


ALWAYS = FieldProfile("company.id", records=1000, present=1000)
SELDOM = FieldProfile("mergedParentTicket.id", records=1000, present=20)


def test_a_few_records_without_a_rare_field_mean_nothing() -> None:
    after = missed(SELDOM, 30)
    assert (after.severity, after.finding, after.missed) == (None, None, 30)


def test_a_few_new_records_without_a_common_field_are_worth_a_look() -> None:
    after = missed(ALWAYS, 5)
    assert after.severity == "warning"
    assert after.finding == "company.id had a value in 1,000 of 1,000 records and has none in the 5 read since"


def test_many_changed_records_without_it_are_an_error_however_many_runs_they_took() -> None:
    profile = ALWAYS
    for _ in range(5):
        profile = missed(profile, 10, changed=10)
    assert (profile.severity, profile.missed) == ("error", 50)


def test_new_records_alone_must_be_very_many_for_some_values_come_late() -> None:
    assert missed(ALWAYS, 499).severity == "warning"
    assert missed(ALWAYS, 500).severity == "error"


def test_a_field_that_no_record_has_any_more_is_told_however_rare_it_was() -> None:
    rare = missed(SELDOM, 20, live=100, left="nowhere left")
    assert rare.severity == "warning"
    assert "has none in the 100 that there are now" in (rare.finding or "")
    assert missed(ALWAYS, 1000, live=1000, left="nowhere left").severity == "error"


def test_a_warning_that_nothing_confirms_fades_and_an_error_does_not() -> None:
    later = NOW + FADES_AFTER + timedelta(hours=1)
    rare = missed(missed(SELDOM, 20, live=100, left="nowhere left"), 1, live=100, left="nowhere left", as_of=later)
    assert (rare.finding, rare.present) == (None, 0)
    error = missed(missed(ALWAYS, 500, changed=500), 1, as_of=later)
    assert error.severity == "error"


def test_a_value_that_comes_back_clears_the_finding() -> None:
    after = with_values(missed(ALWAYS, 500), Seen(10, 10, 9, "7"))
    assert (after.finding, after.missed, after.witness) == (None, 0, "7")
    assert (after.records, after.present) == (1510, 1009)


def test_a_share_that_falls_off_a_cliff_is_worth_a_look_until_it_recovers() -> None:
    fallen = with_values(ALWAYS, Seen(100, 100, 4, "7"))
    assert fallen.severity == "warning"
    assert "has one in only 4 of the newest 100" in (fallen.finding or "")
    assert with_values(fallen, Seen(5, 5, 0 + 5, "8")).finding is None
