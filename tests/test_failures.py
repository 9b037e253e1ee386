"""What can go wrong between us and a vendor: each ends with one clear sentence, and the next run makes it whole.

A real sandbox and a real Postgres; only small streams are read, since it is the ending that counts.
"""

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

import extractors
from orchestration import demonstration, pipeline
from orchestration.sandbox_process import Sandbox
from orchestration.selection import one_organization
from tests.command import Ended, qbr
from tests.installation import installed
from tests.sandbox_server import running_sandbox, sandbox_at
from warehouse.credentials import connect_source
from warehouse.settings import PROJECT_ROOT

AS_OF = "2026-07-06T14:00:00Z"
SECRET = "wr0ng-passw0rd"
SECRETS = {
    "ninjaone": "client_secret",
    "connectwise": "private_key",
    "stripe": "api_key",
    "quickbooks": "refresh_token",
}
SMALL = {"ninjaone": "organizations", "connectwise": "boards", "stripe": "products", "quickbooks": "accounts"}


@dataclass(frozen=True)
class Installation:
    """A database, a config folder, and the sandbox that the four sources are connected to."""

    database_url: str
    config: Path
    sandbox: Sandbox

    def misfortune(self, **fault: Any) -> None:
        """What befalls the vendors from now on."""
        httpx.put(f"{self.sandbox.url}/_sandbox/faults", json={"faults": [fault]}).raise_for_status()

    def fair_weather(self) -> None:
        httpx.delete(f"{self.sandbox.url}/_sandbox/faults").raise_for_status()

    def connect(self, source: str, **other: str) -> None:
        """Connect a source anew, some of its facts other than the vendor gave them."""
        facts = self.sandbox.credentials()[source] | other
        with psycopg.connect(self.database_url) as connection:
            connect_source(connection, "demo-msp", source, facts, environment="sandbox", actor=demonstration.ACTOR)

    def held(self, table: str) -> tuple[int, str]:
        """How many records a raw table holds, and a fingerprint of them."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(
                f"select count(*), md5(string_agg(record_id || record::text, ',' order by record_id)) from {table}"
            ).fetchone()
        assert row is not None
        return row

    def last_log(self) -> tuple[str, str | None]:
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(
                "select outcome, error from raw_meta.extraction_log order by log_id desc limit 1"
            ).fetchone()
        assert row is not None
        return row


@pytest.fixture(scope="module")
def installation(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Connected, nothing read yet. The sandbox is this file's own: it is made to fail."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / "config").mkdir()
    shutil.copy(PROJECT_ROOT / "config" / "demo-msp.yml", folder / "config")
    with (
        running_sandbox() as url,
        installed(module_database_url, folder / "var", folder / "config", as_of=AS_OF, builds=True),
    ):
        found = Installation(module_database_url, folder / "config", sandbox_at(url))
        organization = one_organization(None)
        pipeline.prepare([organization])
        demonstration.connect_sources(organization, found.sandbox, anew=True)
        yield found


@pytest.fixture
def fair(installation: Installation) -> Iterator[Installation]:
    """The installation, and fair weather again after the test."""
    yield installation
    installation.fair_weather()


def failed_with(ended: Ended, *words: str) -> None:
    """The command failed, and its one sentence says all of this."""
    assert ended.exit_code == 2, ended
    assert ended.err.count("qbr: ") == 1, ended.err
    missing = [word for word in words if word not in ended.sentence]
    assert not missing, f"{missing} not in: {ended.sentence}"


def completes(installation: Installation, source: str, stream: str) -> None:
    """In fair weather the same command is whole, and a further one changes nothing."""
    installation.fair_weather()
    ended = qbr("extract", source, stream)
    assert (ended.exit_code, ended.err) == (0, "")
    whole = installation.held(f"raw_{source}.{stream}")
    assert whole[0] > 0
    assert qbr("extract", source, stream).exit_code == 0
    assert installation.held(f"raw_{source}.{stream}") == whole


# Sign-in and rights


@pytest.mark.parametrize("source", SECRETS)
def test_a_wrong_password_is_told_and_nothing_is_lost(installation: Installation, source: str) -> None:
    stream = SMALL[source]
    completes(installation, source, stream)
    before = installation.held(f"raw_{source}.{stream}")
    installation.connect(source, **{SECRETS[source]: SECRET})
    ended = qbr("extract", source, stream)
    failed_with(ended, "refused the sign-in", "HTTP 40", "was read", f"qbr connect {source}")
    assert SECRET not in ended.out + ended.err
    outcome, error = installation.last_log()
    assert outcome == "failed"
    assert SECRET not in str(error)
    assert installation.held(f"raw_{source}.{stream}") == before
    installation.connect(source)
    completes(installation, source, stream)


def test_keys_that_are_refused_never_take_the_place_of_keys_that_work(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = installation.sandbox.credentials()["ninjaone"]

    def typed(secret: str) -> Ended:
        keys = "".join(f"{line}\n" for line in (facts["base_url"], facts["client_id"], secret))
        monkeypatch.setattr("sys.stdin", io.StringIO(keys))
        return qbr("connect", "ninjaone", "--environment", "sandbox")

    refused = typed(SECRET)
    failed_with(refused, "NinjaOne refused the sign-in", "was not connected for demo-msp", "stored earlier stays")
    assert SECRET not in refused.out + refused.err
    completes(installation, "ninjaone", "organizations")
    accepted = typed(facts["client_secret"])
    assert accepted.exit_code == 0
    assert "ninjaone is connected for demo-msp. Next: " in accepted.out
    assert facts["client_secret"] not in accepted.out + accepted.err
    completes(installation, "ninjaone", "organizations")


def test_a_refused_source_says_so_once_for_all_its_streams(installation: Installation) -> None:
    installation.connect("ninjaone", client_secret=SECRET)
    ended = qbr("extract", "ninjaone")
    count = len(extractors.STREAMS["ninjaone"])
    failed_with(ended, f"ninjaone, all {count} streams: NinjaOne refused the sign-in (HTTP 401")
    assert ended.out.count("failed") == count
    installation.connect("ninjaone")


def test_a_stream_without_rights_does_not_stop_the_others(fair: Installation) -> None:
    fair.misfortune(kind="permission_missing", source="stripe", path="/v1/products", times=None)
    ended = qbr("extract", "stripe", "products", "prices")
    assert ended.exit_code == 1
    assert "stripe, products: Stripe does not let this sign-in read products (HTTP 403" in ended.sentence
    assert "Grant the right" in ended.sentence
    assert fair.held("raw_stripe.prices")[0] == 21
    completes(fair, "stripe", "products")


# Answers that are none


def test_a_vendor_that_is_not_there_is_told_with_its_address(installation: Installation) -> None:
    before = installation.held("raw_stripe.products")
    with socket_of_nobody() as port:
        installation.connect("stripe", base_url=f"http://127.0.0.1:{port}")
    ended = qbr("extract", "stripe", "products", "prices")
    failed_with(ended, f"Stripe could not be reached at http://127.0.0.1:{port}", "What was loaded stays", "run again")
    assert installation.held("raw_stripe.products") == before
    installation.connect("stripe")
    completes(installation, "stripe", "products")


@contextlib.contextmanager
def socket_of_nobody() -> Iterator[int]:
    """A port that nobody listens on once the block is over."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "too_many_requests", "retry_after": "0"}, ("could not answer", "HTTP 429", "Run again later")),
        ({"kind": "too_many_requests", "retry_after": "3600"}, ("HTTP 429", "asks to wait 3600 s", "Run again later")),
        ({"kind": "server_error", "retry_after": "0"}, ("could not answer", "HTTP 500", "What was loaded stays")),
        ({"kind": "html", "status": 502, "retry_after": "0"}, ("could not answer", "HTTP 502", "Run again later")),
        ({"kind": "html", "status": 404}, ("rejected the request", "HTTP 404", "docs/sources.md")),
        ({"kind": "html", "status": 200}, ("is not JSON", "check the base address")),
        ({"kind": "invalid_json"}, ("is not JSON", "What was loaded stays", "Run again")),
    ],
    ids=["429", "429 for an hour", "500", "502 in HTML", "404 in HTML", "200 in HTML", "broken JSON"],
)
def test_an_answer_that_is_none_is_told_and_nothing_is_lost(
    fair: Installation, fault: dict[str, Any], words: tuple[str, ...]
) -> None:
    completes(fair, "stripe", "products")
    before = fair.held("raw_stripe.products")
    fair.misfortune(source="stripe", path="/v1/products", times=None, **fault)
    failed_with(qbr("extract", "stripe", "products"), "Stripe", "products", "not read", *words)
    assert fair.held("raw_stripe.products") == before
    completes(fair, "stripe", "products")


# Lists that do not add up


def test_a_full_page_that_repeats_is_an_error_and_never_the_end(fair: Installation) -> None:
    fair.misfortune(kind="repeated_page", source="stripe", path="/v1/charges", after=3)
    ended = qbr("extract", "stripe", "charges")
    failed_with(
        ended, "Stripe sent the page before once more for charges", "Nothing was marked as deleted", "reads this part"
    )
    assert fair.last_log()[0] == "failed"
    completes(fair, "stripe", "charges")
    assert fair.held("raw_stripe.charges")[0] == 449


def test_a_list_that_is_shorter_than_its_own_count_is_an_error(fair: Installation) -> None:
    completes(fair, "connectwise", "companies")
    before = fair.held("raw_connectwise.companies")
    fair.misfortune(kind="short_total", source="connectwise", path="/company/companies$", after=1, times=None, rows=2)
    failed_with(
        qbr("extract", "connectwise", "companies"),
        f"ConnectWise sent {before[0] - 2} records where its own count says {before[0]}",
        "Nothing was marked as deleted",
    )
    assert fair.held("raw_connectwise.companies") == before
    completes(fair, "connectwise", "companies")


# Two at once, and one that is stopped


@contextlib.contextmanager
def beside(fair: Installation, stream: str, path: str, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """An extraction in a process of its own, held up at the vendor in the middle of the stream; killed at the end."""
    fair.misfortune(kind="slow", source="stripe", path=path, after=3, seconds=seconds)
    # A test session in the background has its children ignore interrupts, unless they ask for them.
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [
        sys.executable,
        "-c",
        f"{heeding}; from orchestration.cli import main; main()",
        "extract",
        "stripe",
        stream,
    ]
    process = subprocess.Popen(
        command, cwd=PROJECT_ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_for_faults(fair, process)
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_faults(fair: Installation, process: subprocess.Popen[str]) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and process.poll() is None:
        if httpx.get(f"{fair.sandbox.url}/_sandbox/faults").json()["faults"][0]["struck"]:
            return
        time.sleep(0.05)
    raise AssertionError("the extraction never came to the request that is held up")


def test_the_second_of_two_extractions_of_a_stream_steps_back(fair: Installation) -> None:
    with beside(fair, "invoices", "/v1/invoices$", seconds=20):
        ended = qbr("extract", "stripe", "invoices")
        failed_with(ended, "Another run of", "invoices", "is under way, so this one did nothing", "run again")
    completes(fair, "stripe", "invoices")


def test_an_interrupted_extraction_says_so_and_the_next_one_is_whole(fair: Installation) -> None:
    with beside(fair, "invoice_lines", "/v1/invoices", seconds=5) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err == "qbr: Stopped. What was committed stays; the same command goes on from there.\n"
    completes(fair, "stripe", "invoice_lines")
