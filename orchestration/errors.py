"""What can go wrong between the parts. Each text is a sentence a person can act on.

QbrError
├── UsageError      the command was given something that cannot be: exit code 2
├── NothingDone     every part of the work failed: exit code 2
├── TurnLost        the lock on the models was lost while it was needed: exit code 2
├── PartlyFailed    some parts failed, the rest is done: exit code 1
└── BuildFailed     dbt could not build the models: exit code 2
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.transformation import DbtResult


class QbrError(Exception):
    """A failure with a sentence for a person and an exit code for a machine."""

    exit_code = 2


class UsageError(QbrError):
    """The question cannot be answered as asked: an unknown period, organization, source or stream."""


class NothingDone(QbrError):
    """All of the work failed."""


class TurnLost(QbrError):
    """Others may have built or read the models while this went on; what it made is not to be relied on."""


class PartlyFailed(QbrError):
    """Some of the work failed; what succeeded is stored."""

    exit_code = 1


class BuildFailed(QbrError):
    """The models could not be built; the tables are as they were.

    ``results`` holds what dbt said of every node, where it came that far: what was built before stays built.
    """

    def __init__(self, sentence: str, results: Sequence[DbtResult] = ()) -> None:
        super().__init__(sentence)
        self.results = tuple(results)
