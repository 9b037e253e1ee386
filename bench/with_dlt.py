"""The same list with dlt at its fastest here, in the environment that holds it.

Its REST source, nested values kept as JSON (no child tables), appended, its own postgres destination, one worker.
"""

import os
import tempfile

os.environ.update({"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "NORMALIZE__WORKERS": "1"})

import dlt
from dlt.sources.rest_api import rest_api_source

ENDPOINTS = {
    "connectwise": {
        "path": "service/tickets",
        "params": {"pageSize": 1000},
        "data_selector": "$",
        "paginator": {"type": "header_link"},
    },
    "stripe": {
        "path": "v1/invoices",
        "params": {"limit": 100},
        "data_selector": "data",
        "paginator": {
            "type": "cursor",
            "cursor_path": "data[-1].id",
            "cursor_param": "starting_after",
            "has_more_path": "has_more",
        },
    },
}
SCHEMA = "bench_dlt"


def read(source: str, url: str, address: str, records: int) -> None:
    resource = {
        "name": "records",
        "primary_key": "id",
        "write_disposition": "append",
        "endpoint": ENDPOINTS[source],
    }
    found = rest_api_source({"client": {"base_url": address + "/"}, "resources": [resource]}, max_table_nesting=0)
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "bench", pipelines_dir=folder, destination=dlt.destinations.postgres(url), dataset_name=SCHEMA
        )
        pipeline.run(found)
        with pipeline.sql_client() as client:
            held = client.execute_sql(f"select count(*) from {SCHEMA}.records")[0][0]
            client.execute_sql(f"drop schema {SCHEMA} cascade")
            client.execute_sql(f"drop schema if exists {SCHEMA}_staging cascade")
    if held != records:
        raise SystemExit(f"dlt left {held} records where {records} were served")
