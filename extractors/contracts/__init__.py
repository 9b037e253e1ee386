"""The field contracts, one file a source: what records must look like where our staging models read them."""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path

from extractors.core.contract import Contract, contract_from


@functools.cache
def contracts_of(source: str) -> Mapping[str, Contract]:
    """The contracts of a source by stream; a stream without one is cut by its key and change mark alone."""
    file = Path(__file__).with_name(f"{source}.toml")
    if not file.exists():
        return {}
    contracts = {}
    for stream, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
        try:
            contracts[stream] = contract_from(table)
        except ValueError as error:
            raise ValueError(f"extractors/contracts/{file.name}, [{stream}]: {error}") from error
    return contracts
