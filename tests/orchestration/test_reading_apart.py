"""What must not be read is told apart, and what goes wrong with one stream leaves the others alone."""

import psycopg
import pytest

from orchestration import extraction
from orchestration.progress import Quiet
from orchestration.selection import one_organization, run_instant
from tests.command import qbr
from warehouse import loader
from warehouse.credentials import connect_source, connection_for


def stored(url: str, stream: str) -> int:
    with psycopg.connect(url) as connection:
        (count,) = connection.execute(f"select count(*) from raw_stripe.{stream}").fetchone() or (0,)
    return int(count)


def test_a_live_vendor_is_not_read_as_of_another_day(installation: str) -> None:
    """Its devices of today would be kept as those of that day."""
    with psycopg.connect(installation) as connection:
        facts = connection_for(connection, "demo-msp", "stripe")
        connect_source(connection, "demo-msp", "stripe", facts, environment="production")
    ended = qbr("extract", "stripe", "coupons")
    assert ended.exit_code == 2
    assert "Stripe of demo-msp answers as of today, but this run takes 2026-07-06 14:00 UTC for now" in ended.sentence
    assert "Unset QBR_AS_OF" in ended.sentence
    assert stored(installation, "coupons") == 0


def test_a_defect_in_one_stream_leaves_the_others_to_be_read(
    installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = loader.load

    def broken_for_coupons(*arguments: object, **facts: object) -> loader.LoadResult:
        if facts["stream"] == "coupons":
            raise KeyError("a defect of ours")
        return load(*arguments, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(extraction.loader, "load", broken_for_coupons)
    outcomes = {outcome.stream: outcome for outcome in extraction_of("coupons", "products")}
    assert "Something unforeseen happened (KeyError) while stripe coupons was read" in str(outcomes["coupons"].error)
    assert "errors.log; please report them" in str(outcomes["coupons"].error)
    assert "a defect of ours" not in str(outcomes["coupons"].error)
    assert outcomes["products"].is_complete
    assert stored(installation, "products") > 0


def extraction_of(*names: str) -> list[extraction.StreamOutcome]:
    organization = one_organization("demo-msp")
    return list(
        extraction.extract_source(
            organization,
            "stripe",
            extraction.choose("stripe", names),
            run_id="apart",
            as_of=run_instant([organization]),
            progress=Quiet(),
        )
    )
