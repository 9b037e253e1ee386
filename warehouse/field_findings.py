"""What the presence of a field tells: whether a vendor took it away, and how sure we are. Arithmetic only, no database.

A profile says in how many of the records looked at so far a field had a value. A field that is in none of the later
ones has disappeared, unless chance explains it: a field that one record in fifty has may be missing from a day's ten.
And a value may be missing because it comes late in a record's life (the closing date of new tickets), which is why
doubt leads to a warning; an error takes a field that is nowhere left, or is missing from very many records.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from warehouse.check_results import Severity

SURE, DOUBTFUL = math.log(1e-6), math.log(1e-3)
"""A chance below the first is none; below the second it is worth a look."""
MANY_CHANGED, MANY = 50, 500
"""Records without the field that make an error: so many that were here before, or so many in all."""
FEW = 5
CLIFF_FROM, CLIFF_TO, CLIFF_RECORDS = 0.9, 0.1, 50
FADES_AFTER = timedelta(days=14)
"""A warning that nothing confirms is taken for the new state of things."""

Gone = Literal["nowhere left", "elsewhere still"]


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest records of a stream, looked at for one field. `changed` counts those that were here before."""

    records: int
    changed: int
    present: int
    witness: str | None = None
    """The id of a record that has a value."""


@dataclass(frozen=True, slots=True)
class FieldProfile:
    """What is known of a field. `missed` counts the records looked at since it last had a value."""

    field: str
    records: int = 0
    present: int = 0
    witness: str | None = None
    missed: int = 0
    missed_changed: int = 0
    lost_at: datetime | None = None
    severity: Severity | None = None
    finding: str | None = None

    @property
    def share(self) -> float:
        return self.present / self.records if self.records else 0.0

    def chance_in_log(self, records: int) -> float:
        """The natural logarithm of the chance that so many records lack the field, if it is as common as before."""
        return records * math.log1p(-self.present / (self.records + 1))


def with_values(before: FieldProfile, seen: Seen) -> FieldProfile:
    """The profile after records of which some have a value."""
    share = seen.present / seen.records
    fell = before.records >= CLIFF_RECORDS and before.share >= CLIFF_FROM and share <= CLIFF_TO
    if fell and (seen.records >= CLIFF_RECORDS or before.finding):
        return replace(
            before,
            witness=seen.witness,
            missed=0,
            missed_changed=0,
            lost_at=None,
            severity="warning",
            finding=f"{before.field} had a value in {before.present:,} of {before.records:,} records "
            f"and has one in only {seen.present:,} of the newest {seen.records:,}",
        )
    records = before.records + before.missed + seen.records
    return FieldProfile(before.field, records, before.present + seen.present, seen.witness)


def without_values(
    before: FieldProfile, seen: Seen, *, live: int, left: Gone, witness: str | None, as_of: datetime
) -> FieldProfile:
    """The profile after records that all lack the field, which earlier ones had.

    ``live`` is how many records the stream has in all, ``left`` whether one of them has a value: ``witness``.
    """
    missed = before.missed + seen.records
    after = replace(
        before,
        witness=witness,
        missed=missed,
        missed_changed=before.missed_changed + seen.changed,
        lost_at=before.lost_at or as_of,
    )
    severity = _severity(after, live=live, left=left)
    if severity is None:
        return replace(after, lost_at=None, severity=None, finding=None)
    if severity == "warning" and after.lost_at is not None and as_of - after.lost_at > FADES_AFTER:
        return FieldProfile(before.field, records=before.records + missed)
    return replace(
        after,
        severity=severity,
        finding=f"{before.field} had a value in {before.present:,} of {before.records:,} records and has none in the "
        + (f"{missed:,} read since" if left == "elsewhere still" else f"{live:,} that there are now"),
    )


def _severity(after: FieldProfile, *, live: int, left: Gone) -> Severity | None:
    if left == "nowhere left":
        return "error" if after.chance_in_log(live) <= SURE else "warning"
    chance = after.chance_in_log(after.missed)
    if chance <= SURE and (after.missed_changed >= MANY_CHANGED or after.missed >= MANY):
        return "error"
    return "warning" if chance <= DOUBTFUL and after.missed >= FEW else None
