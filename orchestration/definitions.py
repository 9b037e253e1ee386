"""Joins assets, checks, jobs, schedules and sensors. Declares nothing itself."""

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration import asset_checks, partitions
from orchestration.assets import clients, models, raw, reports
from orchestration.jobs import daily, devices
from orchestration.schedules import schedules_of
from orchestration.sensors import run_failed

defs = dg.Definitions(
    assets=[*raw.assets(), clients.client_links, models.dbt_models, reports.decks, reports.alerts],
    asset_checks=asset_checks.all_checks(),
    jobs=[daily, devices],
    schedules=[schedule for one in partitions.configured() for schedule in schedules_of(one)],
    sensors=[run_failed],
    resources={"dbt": DbtCliResource(project_dir=models.project, dbt_executable="/work/main/.venv/bin/dbt")},
    executor=dg.in_process_executor,
)
