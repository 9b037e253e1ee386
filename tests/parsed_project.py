"""The dbt project parsed once a session for every database: dbt binds what it has parsed to the database's name.

Parsing costs more processor time than most builds of a few models. A test's database gets a copy in which its own name
stands in place of the first one's, which is as long, and the hash of its variables in place of none: they are read when
a model is built, so what is parsed is the same. Where a hash is not the one dbt looks for, it parses anew.
"""

import hashlib
import os
import pprint
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import psycopg.conninfo
import pytest
import yaml

from orchestration.transformation import PROJECT, QUIETLY, dbt_environment, rarely_collecting

NAME_LENGTH = 30
FILE = "partial_parse.msgpack"
DESCRIPTION = "manifest.json"
"""A build that finds none writes it, which takes two seconds."""


def database_name(name: str) -> str:
    """A database name of the length that every parsed project can be rewritten for."""
    assert len(name) <= NAME_LENGTH, name
    return name.ljust(NAME_LENGTH, "_")


def give_parsed(url: str, target: Path, *variables: str) -> None:
    """Put the parsed project where dbt will look for it, if the database's name can be written into it."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    if len(str(name)) != NAME_LENGTH or (target / FILE).exists():
        return
    target.mkdir(parents=True, exist_ok=True)
    first, files = _parsed(psycopg.conninfo.make_conninfo(url, dbname=database_name("qbr_parsed")))
    changes = {
        database_name("qbr_parsed"): str(name),
        first: _connection_hash(url),
        _variables_hash(()): _variables_hash(variables),
    }
    for file, content in files.items():
        written = content
        for old, new in changes.items():
            written = written.replace(old.encode(), new.encode())
        (target / file).write_bytes(written)


@cache
def _parsed(url: str) -> tuple[str, dict[str, bytes]]:
    from dbt.cli.main import dbtRunner

    target = Path(mkdtemp(prefix="qbr-parsed-"))
    try:
        with pytest.MonkeyPatch.context() as patch, rarely_collecting():
            for key, value in dbt_environment(url).items():
                patch.setenv(key, value)
            outcome = dbtRunner().invoke(["parse", *QUIETLY, "--target-path", str(target)])
        assert outcome.success, outcome.exception
        return _connection_hash(url), {file: (target / file).read_bytes() for file in (FILE, DESCRIPTION)}
    finally:
        shutil.rmtree(target)


def _connection_hash(url: str) -> str:
    """As dbt computes it to see whether the warehouse is another: `ManifestLoader.build_manifest_state_check`."""
    from dbt.config.runtime import load_profile
    from dbt_common.context import set_invocation_context

    with pytest.MonkeyPatch.context() as patch:
        for key, value in dbt_environment(url).items():
            patch.setenv(key, value)
        set_invocation_context(os.environ)  # dbt keeps the environment of its last command
        facts = sorted(load_profile(str(PROJECT), {}).credentials.connection_info())
    return hashlib.sha256(pprint.pformat(facts).encode()).hexdigest()


def _variables_hash(variables: tuple[str, ...]) -> str:
    """As dbt computes it in the same place, from what stands behind `--vars`."""
    from dbt.version import __version__

    given = yaml.safe_load(variables[-1]) if variables else {}
    no_profile = no_target = ""
    return hashlib.sha256("\x00".join([pprint.pformat(given), no_profile, no_target, __version__]).encode()).hexdigest()
