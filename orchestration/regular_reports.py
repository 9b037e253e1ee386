"""The weekly report to investors and the monthly one on the data: made, mailed, and old files cleared away.

The command line and Dagster both take these steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration import turns
from orchestration.errors import NothingDone
from orchestration.progress import Progress
from reports import mails, retention
from reports.quality_report import build_quality_report
from reports.snapshots import build_investor_report
from reports.views import organizations as scope
from reports.views.investors import latest_period
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.periods import Period, latest_complete_period
from warehouse.settings import get_settings


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of a month."""

    period: str
    files: tuple[Path, ...]
    sentences: tuple[str, ...]


def make(
    kind: str,
    organization: Organization,
    as_of: datetime,
    *,
    period: Period | None,
    with_mail: bool,
    progress: Progress | None = None,
) -> Made:
    """Write the files of a report, and put its mail into the outbox; all of it or nothing.

    Raises :class:`NothingDone` when no month can be told of.
    """
    settings = get_settings()
    folder = settings.var_dir / "reports"
    with turns.reading(progress), connect() as connection:
        if kind == "investors":
            month = str(period) if period else latest_period(connection, organization.id)
            if month is None:
                raise NothingDone(
                    f"The marts hold no investor metrics of {organization.id}, so nothing was written. `qbr run` "
                    "makes them where Stripe or an application's database is read."
                )
            investors = build_investor_report(connection, organization.id, month, as_of, folder)
            files, mailing = investors.files, investors.mailing
            sentences = [
                "With the investor pack."
                if investors.why_no_pack is None
                else f"Without an investor pack: {investors.why_no_pack}"
            ]
        else:
            month = str(period or latest_complete_period(as_of, organization.time_zone))
            quality = build_quality_report(connection, organization.id, month, as_of, folder)
            files, mailing, sentences = quality.files, quality.mailing, list(quality.findings)
        if with_mail:
            about = scope.organization(connection, organization.id)
            sentences.append(mails.put(connection, settings, about, mailing, datetime.now(UTC)))
        turns.make_sure()  # all of it or nothing
    return Made(month, files, tuple(sentences))


def send(organization: Organization | None = None) -> mails.Sent:
    """Send the mails that are due, of one organization or of all."""
    with connect() as connection:
        return mails.send_waiting(
            connection, get_settings(), datetime.now(UTC), organization.id if organization else None
        )


def clear(organization: Organization) -> retention.Cleared:
    """Remove what is older than the organization's file keeps."""
    settings, now = get_settings(), datetime.now(UTC)
    with connect() as connection:
        retention.clear_spool(connection, mails.spool(settings), now)
        return retention.clear(connection, organization.id, settings.var_dir / "reports", now)
