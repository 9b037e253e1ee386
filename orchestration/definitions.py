"""Joins assets, checks, jobs, schedules and sensors. Declares nothing itself."""

import dagster as dg

from orchestration import asset_checks, automation, partitions
from orchestration.assets import clients, decks, exports, models, raw, regular_reports, reports
from orchestration.deck_sensor import deck_contents_read
from orchestration.jobs import daily, devices, newest_months
from orchestration.schedules import every_noon, schedules_of
from orchestration.sensors import alerts_watched, mails_wait, run_failed, run_succeeded
from orchestration.snapshot_jobs import cohorts_job, snapshots_job

_written = [*raw.assets(), clients.link_clients, models.dbt_models, reports.alerts]
_decks = [decks.decks, decks.client_decks]
_written += [*_decks, regular_reports.investor_report, regular_reports.data_quality_report, exports.exports]

defs = dg.Definitions(
    assets=[
        *_written,
        decks.contents,
        decks.client_contents,
        *models.external_tables({key for one in _written for key in one.keys}),
    ],
    asset_checks=asset_checks.all_checks(),
    jobs=[
        daily,
        devices,
        newest_months,
        snapshots_job,
        cohorts_job,
        regular_reports.investor_reports,
        regular_reports.data_quality_reports,
        regular_reports.waiting_mails,
        exports.regular_exports,
    ],
    schedules=[*(schedule for one in partitions.configured() for schedule in schedules_of(one)), every_noon],
    sensors=[
        run_failed,
        run_succeeded,
        alerts_watched,
        mails_wait,
        deck_contents_read,
        automation.draws(dg.AssetSelection.assets(*_decks)),
    ],
    executor=dg.in_process_executor,
)
