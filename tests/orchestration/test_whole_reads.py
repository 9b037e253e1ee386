"""When everything is read again although changes are to be had: asked for, after a while, in another version."""

from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest

import extractors
from orchestration.windows import why_whole
from tests.command import Ended, qbr
from tests.orchestration.conftest import AS_OF
from warehouse.loader import Reached
from warehouse.settings import get_settings

INVOICES = extractors.stream("stripe", "invoices")
BOARDS = extractors.stream("connectwise", "boards")
VERSION = extractors.SOURCES["stripe"].version
NOW = datetime.fromisoformat(AS_OF)
YESTERDAY = NOW - timedelta(days=1)
READ = Reached(watermark=YESTERDAY, version=VERSION, whole_at=YESTERDAY)


def test_every_source_pins_a_version() -> None:
    assert all(source.version for source in extractors.SOURCES.values() if source.name != "opsdb")


def test_changes_will_do_as_long_as_nothing_speaks_for_more() -> None:
    assert why_whole(INVOICES, as_of=NOW, reached=READ) is None
    assert why_whole(INVOICES, as_of=NOW, reached=Reached()) is None, "the first read takes everything anyway"
    assert why_whole(BOARDS, as_of=NOW, reached=READ, asked=True) is None, "a short list is read whole every time"


def test_another_pinned_version_reads_everything_again_and_says_so() -> None:
    why = why_whole(INVOICES, as_of=NOW, reached=replace(READ, version="2020-08-27"))
    assert why == f"Read whole: what was here was read in version '2020-08-27', and '{VERSION}' is the pinned one now."
    unknown = why_whole(INVOICES, as_of=NOW, reached=replace(READ, version=None))
    assert unknown is not None
    assert "in a version that is not known" in unknown


def test_a_stream_is_read_whole_when_its_time_has_come() -> None:
    swept = replace(INVOICES, whole_every=timedelta(days=30))
    assert why_whole(swept, as_of=NOW, reached=replace(READ, whole_at=NOW - timedelta(days=29, hours=23))) is None
    why = why_whole(swept, as_of=NOW, reached=replace(READ, whole_at=NOW - timedelta(days=30)))
    assert why == "Read whole, as every 30 days, to find what no feed tells; the last time was 2026-06-06."


def test_a_gap_in_the_vendors_feed_is_given_as_the_reason() -> None:
    fed = replace(INVOICES, feed_reach=timedelta(days=28))
    old = replace(READ, watermark=NOW - timedelta(days=29))
    why = why_whole(fed, as_of=NOW, reached=old)
    assert why == "Read whole: the last complete read is of 2026-06-07, and the vendor tells changes of 28 days only."


# Against the vendor


def cursor(url: str) -> tuple[object, ...]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        row = connection.execute(
            "select watermark, version, whole_at from raw_meta.cursors where stream = 'charges'"
        ).fetchone()
    assert row is not None
    return row


def log(url: str) -> list[tuple[str, str | None]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select window_kind, certificate ->> 'note' from raw_meta.extraction_log order by log_id"
        ).fetchall()


def at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    monkeypatch.setenv("QBR_AS_OF", instant.isoformat())
    get_settings.cache_clear()


def forge_a_charge(url: str) -> None:
    """A record that the vendor has not, as if its deletion had been told long ago, while nobody listened."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into raw_stripe.charges (organization_id, record_id, record, record_hash, first_seen_at,"
            " extracted_at, run_id) values ('demo-msp', 'ch_gone', '{}', 'x', '2026-01-01', '2026-01-01', 'old')"
        )


def is_gone(url: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute("select deleted_at from raw_stripe.charges where record_id = 'ch_gone'").fetchone()
    assert found is not None
    return found[0] is not None


def test_a_whole_read_on_demand_finds_what_is_gone_and_stands_by_itself(
    installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert qbr("extract", "stripe", "charges").exit_code == 0
    assert cursor(installation) == (NOW - extractors.stream("stripe", "charges").overlap, VERSION, NOW)
    forge_a_charge(installation)
    later = NOW + timedelta(hours=1)
    at(monkeypatch, later)
    assert qbr("extract", "stripe", "charges").exit_code == 0
    assert not is_gone(installation), "no feed tells of it"
    earlier = NOW + timedelta(minutes=30)  # the clock of the read before ran ahead
    at(monkeypatch, earlier)
    assert qbr("extract", "stripe", "charges", "--whole").exit_code == 0
    assert is_gone(installation)
    assert cursor(installation)[0] == earlier - extractors.stream("stripe", "charges").overlap
    assert [kind for kind, _ in log(installation)] == ["all", "changes", "all"]
    assert log(installation)[-1][1] == "Read whole, as asked for."


def test_a_changed_pin_reads_everything_once(installation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def extracted() -> Ended:
        return qbr("extract", "stripe", "charges")

    assert extracted().exit_code == 0
    pinned = extractors.SOURCES["stripe"]
    monkeypatch.setitem(extractors.SOURCES, "stripe", replace(pinned, version="2027-01-01.next"))
    at(monkeypatch, NOW + timedelta(hours=1))
    told = extracted()
    at(monkeypatch, NOW + timedelta(hours=2))
    assert (told.exit_code, extracted().exit_code) == (0, 0)
    assert "'2027-01-01.next' is the pinned one now" in " ".join(told.out.split())
    assert [kind for kind, _ in log(installation)] == ["all", "all", "changes"]
    assert cursor(installation)[1] == "2027-01-01.next"


def test_one_month_and_everything_cannot_both_be_asked_for(installation: str) -> None:
    ended = qbr("extract", "stripe", "--whole", "--period", "2026-01")
    assert ended.exit_code == 2
    assert "--whole reads everything, --period and --from some months: give one of them." in ended.sentence
