"""The ``qbr`` command line: one module a group of commands, joined here.

Exit codes: 0 all good, 1 some of it failed, 2 all of it failed or the question cannot be answered as asked.
"""

from orchestration.cli.app import main

__all__ = ["main"]
