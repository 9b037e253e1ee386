"""What every source owes its users, whichever it is: the suite that each connector has to pass.

Good keys pass the check before the first page, bad ones are refused with advice, a missing right is named, and what
was once promised of a stream is kept. Reading twice and states from the future are in tests/test_contract_suite.py,
since they need the warehouse.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from extractors import SOURCES, STREAMS, Stream
from extractors.core.errors import CredentialsRefused, PermissionMissing
from tests.extractors.catalogue import FACTS, SNAPSHOT, facts
from tests.extractors.fakes import MemoryStore
from tests.extractors.vendors import Vendors

OVER_HTTP = sorted(name for name, source in SOURCES.items() if "base_url" in source.needs)
ALL = [one for source in OVER_HTTP for one in STREAMS[source]]
NO_KEYS = {"base_url", "token_url", "realm_id", "environment"}
KEYS = [(source, key) for source in OVER_HTTP for key in SOURCES[source].needs if key not in NO_KEYS]
WRONG = "not-the-right-one"


def named(one: Stream) -> str:
    return f"{one.source}-{one.name}"


@pytest.mark.parametrize("source", OVER_HTTP)
def test_good_credentials_pass_the_check_of_every_stream(vendors: Vendors, source: str) -> None:
    with vendors.open(source) as session:
        session.preflight(STREAMS[source])


@pytest.mark.parametrize(("source", "key"), KEYS, ids=["-".join(pair) for pair in KEYS])
def test_bad_credentials_are_refused_with_advice_and_never_repeated(
    connections: dict[str, dict[str, Any]], now: datetime, source: str, key: str
) -> None:
    facts = {**connections[source], key: WRONG}
    with (
        Vendors({source: MemoryStore(facts)}, now).open(source) as session,
        pytest.raises(CredentialsRefused) as caught,
    ):
        session.preflight(STREAMS[source][:1])
    told = str(caught.value)
    assert told.startswith(f"{SOURCES[source].label} refused the sign-in")
    assert f"qbr connect {source}" in told
    assert re.search(r"HTTP 40\d", told)
    assert WRONG not in told


@pytest.mark.parametrize("source", OVER_HTTP)
def test_credentials_that_are_not_there_are_named_before_anything_is_sent(now: datetime, source: str) -> None:
    with pytest.raises(CredentialsRefused, match=f"The {SOURCES[source].label} connection lacks ") as caught:
        Vendors({source: MemoryStore({})}, now).open(source)
    assert all(key in str(caught.value) for key in SOURCES[source].needs)


@pytest.mark.parametrize("one", ALL, ids=named)
def test_a_missing_permission_is_named_in_the_vendors_own_words(
    vendors: Vendors, befall: Callable[..., None], one: Stream
) -> None:
    befall({"kind": "permission_missing", "source": one.source, "method": "GET", "times": None})
    with vendors.open(one.source) as session, pytest.raises(PermissionMissing) as caught:
        session.preflight((one,))
    assert f"Grant the right: {one.permission}." in str(caught.value)
    assert one.name in str(caught.value)


# The catalogue


@pytest.mark.parametrize("name", sorted(SNAPSHOT))
def test_what_was_promised_of_a_stream_is_kept(name: str) -> None:
    """Whoever reads `raw_<source>.<stream>` relies on its name, its key and its types."""
    declared = facts()
    assert name in declared, (
        f"{name} was promised and is declared no more: whoever reads raw_{name} would find it no longer renewed. "
        "Bring it back; if it must go, say so in CHANGELOG.md and take it out of tests/extractors/catalogue.json."
    )
    broken = [
        f"{fact} was {SNAPSHOT[name].get(fact)!r}" for fact in FACTS if SNAPSHOT[name].get(fact) != declared[name][fact]
    ]
    assert not broken, (
        f"{name} is not what was promised: {', '.join(broken)}. Ids and versions of records that are stored would no "
        "longer fit. Declare it under another name, or say so in CHANGELOG.md and change the snapshot, catalogue.json."
    )


def test_every_declared_stream_is_promised() -> None:
    unpromised = sorted(facts().keys() - SNAPSHOT.keys())
    assert not unpromised, f"New: {', '.join(unpromised)}. Run `python -m tests.extractors.catalogue` and commit it."


def test_the_catalogue_would_notice_a_change() -> None:
    assert len(SNAPSHOT) >= 28
    assert all(set(promised) == set(FACTS) for promised in SNAPSHOT.values())
    assert json.loads(json.dumps(facts())) == facts()
