"""What can go wrong between the parts. Each text is a sentence a person can act on.

QbrError
├── UsageError      the command was given something that cannot be: exit code 2
├── NothingDone     every part of the work failed: exit code 2
├── PartlyFailed    some parts failed, the rest is done: exit code 1
└── BuildFailed     dbt could not build the models: exit code 2
"""

from __future__ import annotations


class QbrError(Exception):
    """A failure with a sentence for a person and an exit code for a machine."""

    exit_code = 2


class UsageError(QbrError):
    """The question cannot be answered as asked: an unknown period, organization, source or stream."""


class NothingDone(QbrError):
    """All of the work failed."""


class PartlyFailed(QbrError):
    """Some of the work failed; what succeeded is stored."""

    exit_code = 1


class BuildFailed(QbrError):
    """The models could not be built; the tables are as they were."""
