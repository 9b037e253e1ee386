"""R7: many workers meet one expired QuickBooks token; and one dies with the new token in its hands."""

import multiprocessing
import random
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.orchestration import token_workers
from tests.orchestration.token_workers import MOMENTS, TokenVendor
from warehouse.credentials import connect_source, connection_for

PROCESSES, THREADS = 5, 10
COMPANY = "/v3/company/{realm_id}/query?query=select%20*%20from%20CompanyInfo"


@pytest.fixture(scope="module")
def workers() -> Any:
    """Processes forked from one that has everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([token_workers.__name__])
    return context


@pytest.fixture
def vendor() -> Iterator[TokenVendor]:
    with TokenVendor().served() as vendor:
        yield vendor


def connect_to(url: str, **changes: str) -> None:
    """Connect QuickBooks with an access token that has lapsed."""
    lapsed = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    with psycopg.connect(url) as connection:
        facts = connection_for(connection, "demo-msp", "quickbooks") | changes
        facts |= {"access_token": "lapsed", "access_expires_at": lapsed}
        connect_source(connection, "demo-msp", "quickbooks", facts, environment="sandbox")


def all_at_once(workers: Any, url: str, var_dir: Path, path: str) -> Counter[str]:
    barrier, answers = workers.Barrier(PROCESSES * THREADS), workers.Manager().Queue()
    processes = [
        workers.Process(target=token_workers.ask_at_once, args=(url, var_dir, path, THREADS, (barrier, answers)))
        for _ in range(PROCESSES)
    ]
    for one in processes:
        one.start()
    for one in processes:
        one.join(120)
    return Counter(answers.get() for _ in range(answers.qsize()))


def killed(workers: Any, url: str, var_dir: Path, path: str, moment: str) -> None:
    process = workers.Process(target=token_workers.ask_and_die, args=(url, var_dir, path, moment))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def test_fifty_workers_make_one_refresh(installation: str, sandbox: str, tmp_path: Path, workers: Any) -> None:
    connect_to(installation)
    httpx.delete(f"{sandbox}/_sandbox/requests")
    assert all_at_once(workers, installation, tmp_path, COMPANY) == {"read": PROCESSES * THREADS}
    asked = httpx.get(f"{sandbox}/_sandbox/requests?source=quickbooks").json()
    assert Counter(one["method"] for one in asked) == {"POST": 1, "GET": PROCESSES * THREADS}


@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_a_worker_that_dies_with_the_new_token_loses_no_connection(
    installation: str, tmp_path: Path, workers: Any, vendor: TokenVendor, kills: int
) -> None:
    """The vendor honours the token before for a while, so whoever comes next goes on by itself."""
    seed = random.SystemRandom().randrange(10**6)
    dice = random.Random(seed)
    moments = [*MOMENTS, *(dice.choice(MOMENTS) for _ in range(kills))][:kills]
    facts = {"base_url": vendor.url, "token_url": f"{vendor.url}/tokens", "refresh_token": "refresh-1"}
    connect_to(installation, **facts)
    for moment in moments:
        refreshes = vendor.refreshes
        killed(workers, installation, tmp_path, "/things", moment)
        assert token_workers.ask("/things") == "read", f"after a death when the token was {moment} (seed {seed})"
        assert vendor.refreshes - refreshes <= 2
        lapse(installation)
    assert vendor.refused == 0


def test_where_the_vendor_honours_no_earlier_token_the_next_read_says_connect_again(
    installation: str, tmp_path: Path, workers: Any
) -> None:
    """The sandbox is that strict; Intuit gives a day, which may pass before anybody comes."""
    connect_to(installation)
    killed(workers, installation, tmp_path, COMPANY, "answered")
    told = token_workers.ask(COMPANY.format(realm_id="{realm_id}"))
    assert "QuickBooks refused the sign-in (HTTP 400, invalid_grant)" in told
    assert "qbr connect quickbooks" in told


def lapse(url: str) -> None:
    """An hour later: what is stored stays, the access token has lapsed."""
    with psycopg.connect(url) as connection:
        facts = connection_for(connection, "demo-msp", "quickbooks")
    connect_to(url, refresh_token=str(facts["refresh_token"]))
