"""The loop one would write first: requests, a DataFrame a page, ``to_sql``. Proves nothing and resumes nowhere."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import requests
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

TABLE = "bench_pandas"


def read(source: str, url: str, address: str, _records: int) -> None:
    """Read the list page after page into a table of ids and records."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    for rows in _pages(source, address):
        frame = pd.DataFrame({"record_id": [str(row["id"]) for row in rows], "record": rows})
        frame.to_sql(TABLE, engine, if_exists="append", index=False, dtype={"record": JSONB})
    engine.dispose()


def _pages(source: str, address: str) -> Iterator[list[dict[str, Any]]]:
    session = requests.Session()
    if source == "stripe":
        asked: dict[str, Any] = {"limit": 100}
        while True:
            answer = session.get(f"{address}/v1/invoices", params=asked, timeout=60).json()
            yield answer["data"]
            if not answer["has_more"]:
                return
            asked["starting_after"] = answer["data"][-1]["id"]
    following: str | None = f"{address}/service/tickets?pageSize=1000"
    while following:
        response = session.get(following, timeout=60)
        yield response.json()
        following = response.links.get("next", {}).get("url")
