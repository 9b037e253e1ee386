"""A run in which one source is refused, an account is in no metric and a client has lost its mapping; then mended.

The run does what it can, says what it could not, and holds the decks back; the next one completes it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from extractors import STREAMS
from orchestration import demonstration, pipeline
from orchestration.sandbox_process import Sandbox
from orchestration.selection import one_organization
from tests.command import Ended, qbr
from tests.installation import installed
from tests.sandbox_server import running_sandbox, sandbox_at
from warehouse.credentials import connect_source
from warehouse.settings import PROJECT_ROOT, get_settings

AS_OF = "2026-07-06T14:00:00Z"
READ = {source: len(STREAMS[source]) for source in ("ninjaone", "quickbooks")}
REFUSED = len(STREAMS["stripe"])
MAPPED_ACCOUNT = "    - {metric: misc_revenue, match: exact, pattern: Vendor Rebates}\n"
MAPPED_CLIENT = "    ninjaone: [OMWD]\n"
# A month that was read (the running one) and one that was not: an import may fill the second only.
IMPORTED = (
    "period,metric,value,note\n2026-07,endpoints_managed,9999,old system\n2026-06,endpoints_managed,9999,old system\n"
)


@dataclass(frozen=True)
class Runs:
    """The run that could not do everything, and the one after the causes were mended."""

    database_url: str
    partly: Ended
    decks_then: list[str]
    forced: Ended
    again: Ended
    decks_now: list[str]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def runs(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Without ConnectWise, which takes longest and adds nothing here."""
    folder = tmp_path_factory.mktemp("installation")
    config = folder / "config" / "demo-msp.yml"
    config.parent.mkdir()
    whole = re.sub(r"  connectwise: \{.*\}\n", "", (PROJECT_ROOT / "config" / "demo-msp.yml").read_text())
    assert MAPPED_ACCOUNT in whole
    assert MAPPED_CLIENT in whole
    config.write_text(whole.replace(MAPPED_ACCOUNT, "").replace(MAPPED_CLIENT, ""))
    with (
        running_sandbox() as url,
        installed(module_database_url, folder / "var", config.parent, as_of=AS_OF, builds=True),
    ):
        sandbox = sandbox_at(url)
        pipeline.prepare([one_organization(None)])
        demonstration.connect_sources(one_organization(None), sandbox, anew=True)
        connect_stripe(module_database_url, sandbox, api_key="rk_wr0ng")
        (folder / "history.csv").write_text(IMPORTED)
        assert qbr("import", "manual", str(folder / "history.csv"), "--method", "imported").exit_code == 0
        partly, decks_then = qbr("run"), decks()
        forced = qbr("deck", "build", "--quarter", "2026-Q2", "--force", "the board meets today")
        config.write_text(whole)
        connect_stripe(module_database_url, sandbox)
        turn_back_the_version(module_database_url)
        yield Runs(module_database_url, partly, decks_then, forced, qbr("run"), decks())


def connect_stripe(database_url: str, sandbox: Sandbox, **other: str) -> None:
    facts = sandbox.credentials()["stripe"] | other
    with psycopg.connect(database_url) as connection:
        connect_source(connection, "demo-msp", "stripe", facts, environment="sandbox", actor=demonstration.ACTOR)


def turn_back_the_version(database_url: str) -> None:
    """The tables as an older release would have left them: without a column that its models did not have."""
    with psycopg.connect(database_url) as connection:
        connection.execute("alter table staging.stg_quickbooks__accounts drop column account_name cascade")
        connection.execute("comment on schema staging is 'qbr models of another time'")


def decks() -> list[str]:
    return [path.name for path in get_settings().var_dir.rglob("*.pptx")]


# What could not be done


def test_one_refused_source_makes_the_run_partly_failed_and_is_told_once(runs: Runs) -> None:
    assert runs.partly.exit_code == 1
    assert runs.partly.err.count("Stripe refused the sign-in") == 1
    assert (
        f"stripe, all {REFUSED} streams: Stripe refused the sign-in when asked for customers (HTTP 401"
        in runs.partly.sentence
    )
    assert f"{REFUSED} of {REFUSED + sum(READ.values())} streams were not read" in runs.partly.sentence
    assert "rk_wr0ng" not in runs.partly.out + runs.partly.err


def test_the_other_sources_are_loaded_all_the_same(runs: Runs) -> None:
    assert "   devices " in runs.partly.out
    assert runs.partly.out.count("complete │") == sum(READ.values())
    outcomes = runs.rows(
        "select source, outcome, count(*) from raw_meta.extraction_log where run_id ="
        " (select run_id from raw_meta.extraction_log order by log_id limit 1) group by 1, 2 order by 1, 2"
    )
    assert outcomes == [*((source, "complete", count) for source, count in READ.items()), ("stripe", "failed", REFUSED)]


def test_a_refused_source_raises_an_alert(runs: Runs) -> None:
    assert "The last read of stripe failed" in runs.partly.out
    assert runs.rows("select state from app.alerts where rule = 'source_failed'") == [("resolved",)]


def test_an_account_without_a_mapping_holds_the_decks_back_with_its_name_and_amount(runs: Runs) -> None:
    assert runs.decks_then == []
    assert "No deck of demo-msp for 2026-Q2 was written" in runs.partly.sentence
    blocked = runs.partly.sentence[runs.partly.sentence.index("No deck of demo-msp") :]
    assert "mapped_accounts" in blocked
    assert "Vendor Rebates, " in blocked
    assert re.search(r"Vendor Rebates, \d+\.\d\d in 2026-0\d", blocked)
    assert "add a rule for each in the organization's file" in blocked


def test_a_deck_can_be_forced_with_a_reason_that_is_kept(runs: Runs) -> None:
    assert "`qbr deck build --quarter 2026-Q2 --force REASON`" in runs.partly.sentence
    assert (runs.forced.exit_code, runs.forced.err) == (0, "")
    assert "demo-msp-2026-Q2-company.pptx" in runs.forced.out
    assert runs.rows("select distinct reason from app.audit_log where reason is not null") == [
        ("the board meets today",)
    ]


def test_a_client_without_a_mapping_is_listed_and_still_counted(runs: Runs) -> None:
    listed = next(line for line in runs.partly.out.splitlines() if line.startswith("Clients to look at:"))
    assert "OMWD" in listed
    assert listed.endswith("Map them under `clients` in config/demo-msp.yml.")
    assert "OMWD" not in runs.again.out


def test_a_figure_of_a_source_that_is_not_in_the_file_says_so(runs: Runs) -> None:
    reasons = runs.rows(
        "select distinct reason from intermediate.int_periods_covered"
        " where source = 'connectwise' and period < '2026-07'"
    )
    assert reasons == [("ConnectWise is not in use.",)]
    told = runs.rows(
        "select value, reason from marts.fct_metrics_monthly where metric = 'reactive_tickets_created'"
        " and client_id = 'all' and period = '2026-06'"
    )
    assert told == [(None, "ConnectWise is not in use.")]


# Mended


def test_the_next_run_is_whole_and_the_decks_come(runs: Runs) -> None:
    assert (runs.again.exit_code, runs.again.err) == (0, "")
    assert "demo-msp-2026-Q2-company.pptx" in runs.decks_now
    assert runs.rows("select count(*) from raw_stripe.products") == [(18,)]


def test_after_an_upgrade_the_next_run_builds_every_table_from_scratch_by_itself(runs: Runs) -> None:
    assert "every table is built from scratch" in " ".join(runs.again.out.split())
    assert "built from scratch" not in runs.partly.out
    assert runs.rows("select bool_and(account_name <> '') from staging.stg_quickbooks__accounts") == [(True,)]


def test_an_import_wins_over_an_estimate_and_never_over_what_was_collected(runs: Runs) -> None:
    found = {
        period: (method, value == 9999, candidates)
        for period, method, value, candidates in runs.rows(
            "select period, method, value, candidates from marts.fct_metrics_monthly where metric = 'endpoints_managed'"
            " and client_id = 'all' and period >= '2026-06'"
        )
    }
    assert found == {"2026-06": ("imported", True, 2), "2026-07": ("collected", False, 2)}


# Questions about what is there


def test_json_output_is_nothing_but_json(runs: Runs) -> None:
    ended = qbr("metrics", "--quarter", "2026-Q2", "--json")
    assert (ended.exit_code, ended.err) == (0, "")
    answer = json.loads(ended.out)
    assert (answer["organization_id"], answer["quarter"]) == ("demo-msp", "2026-Q2")
    assert len(answer["smartnumbers"]) == 18
    assert answer["smartnumbers"]["total_close_pct"]["value"] is None
    assert answer["smartnumbers"]["total_close_pct"]["reason"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("metrics --quarter 2031-Q1", "The marts hold no quarter 2031-Q1 of demo-msp. They hold 2024-Q3 to 2026-Q3."),
        ("metrics --json --quarter 2031-Q1", "The marts hold no quarter 2031-Q1"),
        ("explain rhemm --period 2026-Q2", "There is no metric 'rhemm'. Did you mean rhem"),
        ("explain rhem --period 2026-06", "rhem is a quarterly SmartNumber; give a quarter such as 2026-Q2"),
        ("explain mrr --period 2019-01", "The marts hold no mrr of 2019-01 in demo-msp. They hold 2024-Q3"),
        ("explain seats_managed --period 2026-07 --client pennywhistle", "Did you mean pennywhistle-toys?"),
        ("explain mrr --period 2026-06 --client pennywhistle-toys", "The client exists; only figures that can be told"),
        ("deck build --quarter 2026-Q2 --client nobody", "demo-msp has no client 'nobody' to report on"),
        ("deck build --quarter 2019-Q4", "demo-msp has no period in 2019-Q4"),
    ],
)
def test_what_is_not_in_the_marts_is_told_with_what_is(runs: Runs, typed: str, told: str) -> None:
    ended = qbr(*typed.split())
    assert ended.exit_code == 2
    assert told in ended.sentence
    assert "{" not in ended.out


def test_the_deck_of_one_client_is_built_alone(runs: Runs, tmp_path: Path) -> None:
    ended = qbr("deck", "build", "--quarter", "2026-Q2", "--client", "larkmoor-credit-union")
    assert (ended.exit_code, ended.err) == (0, "")
    assert "demo-msp-2026-Q2-larkmoor-credit-union.pptx  (" in ended.out
