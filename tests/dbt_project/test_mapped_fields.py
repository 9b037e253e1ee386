"""The field contracts name what the staging models read, no more and no less, in kinds that their casts take.

A staging model takes a record apart with `jsonb_to_record(source.record) as fields (...)`, and with `->`, `->>` or
`#>>` below that; the fields are found in its text.
"""

import re
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from extractors.contracts import contracts_of
from extractors.core.contract import Contract, Leaf
from extractors.core.kinds import KINDS

STAGING = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "staging"
CONTRACTS = {
    (file.stem, stream): contract
    for file in sorted(STAGING.parents[2].joinpath("extractors", "contracts").glob("*.toml"))
    for stream, contract in contracts_of(file.stem).items()
}
"""By source and stream."""
DECLARED = re.compile(r"^\s+(?:\"(\w+)\"|(\w+)) (text|jsonb|numeric|boolean|bigint),?$", re.MULTILINE)
READ = re.compile(r"fields\.(?:\"(\w+)\"|(\w+))((?:\s*#?->?>?\s*'[^']+'|\s*#>>?\s*'[^']+')*)")
STEP = re.compile(r"(#>>?|->>?)\s*'([^']+)'")


class Reading(NamedTuple):
    """One place of a record that a model reads. `is_reference`: an id, or an object that holds it."""

    path: str
    is_reference: bool


def model(source: str, stream: str) -> str:
    return (STAGING / source / f"stg_{source}__{stream}.sql").read_text()


def columns(text: str) -> dict[str, str]:
    """The declared top-level fields and their types."""
    _, _, declared = text.partition("as fields (")
    return {quoted or plain: kind for quoted, plain, kind in DECLARED.findall(declared)}


def path_of(match: re.Match[str]) -> str:
    """The dotted path of one place that is read."""
    path = match[1] or match[2]
    for operator, names in STEP.findall(match[3]):
        for name in names.strip("{}").split(",") if operator.startswith("#") else [names]:
            path += "[]" if name.isdigit() else f".{name}"
    return path


def readings(text: str) -> set[Reading]:
    selected, _, _ = text.partition("cross join lateral")
    found = set()
    for match in READ.finditer(selected):
        path = path_of(match)
        before = selected[: match.start()].rstrip().removesuffix("(")
        found.add(Reading(path, before.endswith(("stripe_id('", 'stripe_id("'))))
    # What is only gone through to reach something below it is not itself read.
    return {one for one in found if not any(other.path.startswith(f"{one.path}.") for other in found)} | {
        one for one in found if one.is_reference
    }


def wanted(one: Reading) -> set[str]:
    return {one.path, f"{one.path}.id"} if one.is_reference else {one.path}


def test_every_staging_model_of_a_stream_has_a_contract() -> None:
    models = {
        tuple(file.stem.removeprefix("stg_").split("__"))
        for source in {source for source, _ in CONTRACTS}
        for file in (STAGING / source).glob("stg_*.sql")
        if not file.stem.endswith("_daily")
    }
    assert models == set(CONTRACTS)


@pytest.mark.parametrize(("source", "stream"), sorted(CONTRACTS), ids=str)
def test_a_contract_names_every_field_that_staging_reads(source: str, stream: str) -> None:
    text, known = model(source, stream), {leaf.path for leaf in CONTRACTS[source, stream].leaves}
    lacking = [one.path for one in readings(text) if not wanted(one) & known]
    unread = columns(text).keys() - {re.split(r"\.|\[", one.path)[0] for one in readings(text)}
    assert not lacking, f"extractors/contracts/{source}.toml, [{stream}] lacks {', '.join(sorted(lacking))}"
    assert not unread, f"stg_{source}__{stream} declares {', '.join(sorted(unread))} and does not read it"


@pytest.mark.parametrize(("source", "stream"), sorted(CONTRACTS), ids=str)
def test_a_contract_names_no_field_that_staging_does_not_read(source: str, stream: str) -> None:
    read = set[str]().union(*map(wanted, readings(model(source, stream))))
    idle = {leaf.path for leaf in CONTRACTS[source, stream].leaves} - read
    assert not idle, f"stg_{source}__{stream} does not read {', '.join(sorted(idle))}"


@pytest.mark.parametrize("source", sorted({source for source, _ in CONTRACTS}))
def test_daily_histories_are_read_as_their_streams_are(source: str) -> None:
    for file in (STAGING / source).glob("stg_*_daily.sql"):
        stream = file.stem.removeprefix(f"stg_{source}__").removesuffix("_daily")
        assert readings(file.read_text()) == readings(model(source, stream))


SAMPLES = {
    "text": ("", "été", "2026"),
    "empty text": ("",),
    "number in text": ("0.5", "-12", "120000000000.000000000001"),
    "digits": ("1742412252744",),
    "day": ("2026-02-28", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.1234567-08:00"),
    "instant": ("2026-02-28", "2026-01-01T00:00:00Z", "2026-01-01 10:30:00.123456+05:30", "2026-01-01T00:00:00"),
    "number": (0, -1, 1.5, 1e20, 12345678901234567890123),
    "whole number": (0, -7, 2**63 - 1),
    "epoch": (0, 1767225600, 1767225600.744, 1767225600744, -6e10, 2.5e14),
    "true or false": (True, False),
    "object": ({}, {"a": 1}),
    "list": ([], [1, {}]),
}
OTHERS = ("yes", "2026-02-30", "20260101", "2026-01-01T25:00:00Z", "1,5", "1e3", "-", 1.0, 2**63, 1e16, "12a")
CASTS = {
    "number in text": "(%s::jsonb #>> '{}')::numeric",
    "day": "left(%s::jsonb #>> '{}', 10)::date",
    "instant": "(%s::jsonb #>> '{}')::timestamptz",
    "number": "(%s::jsonb #>> '{}')::numeric",
    "whole number": "(%s::jsonb #>> '{}')::bigint",
    "epoch": "to_timestamp((case when %s::jsonb::numeric >= 1e11 then %s::jsonb::numeric / 1000 "
    "else %s::jsonb::numeric end)::double precision)",
    "true or false": "(%s::jsonb #>> '{}')::boolean",
}


@pytest.mark.parametrize("word", sorted(KINDS))
def test_what_a_kind_lets_through_can_be_cast(connection: psycopg.Connection, word: str) -> None:
    import msgspec

    kind, cast = KINDS[word], CASTS.get(word)
    assert all(kind.fits(value) for value in SAMPLES[word])
    for value in (*SAMPLES[word], *OTHERS, *(one for samples in SAMPLES.values() for one in samples)):
        body = msgspec.json.encode(value)
        try:
            msgspec.json.decode(body, type=kind.fast)
        except msgspec.ValidationError:
            pass
        else:
            assert kind.fits(value), f"at full speed {value!r} passes for {kind.told}"
        if cast and kind.fits(value):
            row = connection.execute(f"select {cast}", [body.decode()] * cast.count("%s")).fetchone()  # type: ignore[arg-type]
            assert row is not None
            assert row[0] is not None


def kinds_of(contract: Contract, path: str) -> set[str]:
    leaves: tuple[Leaf, ...] = contract.leaves
    return {word for leaf in leaves if leaf.path == path for word, kind in KINDS.items() if kind in leaf.kinds}


TAKES = {
    "numeric": {"number", "whole number", "epoch", "number in text"},
    "boolean": {"true or false"},
    "bigint": {"whole number"},
    "jsonb": {"object", "list", "text"},
    "text": set(KINDS) - {"object", "list"},
}
CALLED = {
    r"left\((?:fields\.)?{field}, 10\)::date": {"day", "instant"},
    r"{field}\)?::timestamptz": {"instant"},
    r"nullif\({field}, ''\)::timestamptz": {"instant", "empty text"},
    r"instant_from_epoch\([\"']\(?{field}": {"epoch"},
    r"\({field}\)::integer": {"whole number"},
}


@pytest.mark.parametrize(("source", "stream"), sorted(CONTRACTS), ids=str)
def test_the_kinds_of_a_contract_are_those_that_staging_can_cast(source: str, stream: str) -> None:
    text, contract = model(source, stream), CONTRACTS[source, stream]
    for name, declared in columns(text).items():
        assert kinds_of(contract, name) <= TAKES[declared], name
    for match in READ.finditer(text.partition("cross join lateral")[0]):
        path, place = path_of(match), re.escape(match[0]) + r"(?!\w)"
        called = [words for pattern, words in CALLED.items() if re.search(pattern.replace("{field}", place), text)]
        if called:
            guarded = {"digits"} if re.search(place + r" ~ '\^\\d\{4\}-'", text) else set()
            assert kinds_of(contract, path) <= set[str]().union(guarded, *called), path
