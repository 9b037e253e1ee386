"""``python -m bench.contest NAME SOURCE DATABASE ADDRESS RECORDS``: one contender reads one list in this process.

Prints its seconds, imports left out, and its peak memory. Started by ``bench.extracting``, a process a turn, so that
nobody profits from what another has warmed up and each one's memory is its own, with what it imports.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable

from bench.peak import peak_bytes

Contender = Callable[[str, str, str, int], None]
"""Given the source, the database's address, the vendor's, and how many records there are."""

CONTENDERS = {name: f"bench.with_{name}" for name in ("ours", "copy", "limit", "pandas", "dlt")}
"""The module whose ``read`` is timed; dlt's runs in the environment that has it."""


def main(name: str, source: str, url: str, address: str, records: str) -> None:
    read: Contender = importlib.import_module(CONTENDERS[name]).read
    began = time.perf_counter()
    read(source, url, address, int(records))
    print(json.dumps({"seconds": time.perf_counter() - began, "peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
