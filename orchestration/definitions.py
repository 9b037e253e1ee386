"""Joins assets, checks, jobs, schedules and sensors. Declares nothing itself."""

import dagster as dg

from orchestration import asset_checks, partitions
from orchestration.assets import clients, models, raw, reports
from orchestration.jobs import daily, devices, newest_months
from orchestration.schedules import every_noon, schedules_of
from orchestration.sensors import run_failed, run_succeeded
from orchestration.snapshot_jobs import cohorts_job, snapshots_job

_written = [*raw.assets(), clients.link_clients, models.dbt_models, reports.decks, reports.alerts]

defs = dg.Definitions(
    assets=[*_written, *models.external_tables({key for one in _written for key in one.keys})],
    asset_checks=asset_checks.all_checks(),
    jobs=[daily, devices, newest_months, snapshots_job, cohorts_job],
    schedules=[*(schedule for one in partitions.configured() for schedule in schedules_of(one)), every_noon],
    sensors=[run_failed, run_succeeded],
    executor=dg.in_process_executor,
)
