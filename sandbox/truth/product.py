"""What the software product's own world says of its use: counted from the made-up rows, not from what was read of them.

Only rows that stand at the given instant count, since nobody can read what its database has forgotten by then.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.opsdb.kept import CHICAGO, FIRST_DAY, Kept
from sandbox.opsdb.product import make_tenants, make_users
from sandbox.opsdb.usage import make_doings, make_leads, make_probes, make_requests

KEY_ACTIONS = {"file_upload", "worklog_create", "report_generate"}
LOGS = {"auth_audit": "at", "feature_usage": "at", "bg_tasks": "queued_at", "http_log": "at", "llm_calls": "at"}
Row = dict[str, Any]
Scope = int | str | None
"""A tenant's number, None for users without one, `all` for everything."""


def day_of(moment: datetime) -> date:
    """The day on Chicago's wall clock."""
    return moment.astimezone(CHICAGO).date()


def month_end(first: date) -> date:
    """The last day of the month that begins on that day."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


class ProductTruth:
    """The product of one seed, as far as its database tells at an instant."""

    def __init__(self, seed: int, now: datetime) -> None:
        accounts, tenants = make_tenants(seed)
        members, users = make_users(seed, tenants)
        doings = make_doings(seed, users)
        tables = [
            accounts,
            members,
            *doings,
            make_requests(seed, tenants),
            make_probes(seed),
            make_leads(seed, tenants),
        ]
        self.rows = {table.name: list(_shown(table, now)) for table in tables}
        self.last = day_of(now) - timedelta(days=1)
        self.tenants = {row["account_no"]: row for row in self.rows["accounts"] if not row["is_internal"]}
        self.begins = {name: min(day_of(row[mark]) for row in self.rows[name]) for name, mark in LOGS.items()}
        self.days = [FIRST_DAY + timedelta(days=number) for number in range((self.last - FIRST_DAY).days + 1)]
        self._active: dict[Scope, dict[date, set[Any]]] = defaultdict(lambda: defaultdict(set))
        for row in self.counted("auth_audit"):
            if row["outcome"]:
                for scope in (row["account_no"], "all"):
                    self._active[scope][day_of(row["at"])].add(row["member_uuid"])

    def counted(self, table: str, scope: Scope = "all") -> list[Row]:
        """The rows of the firm's customers and of nobody, or of one scope alone."""
        rows = (row for row in self.rows[table] if row["account_no"] is None or row["account_no"] in self.tenants)
        return [row for row in rows if scope in ("all", row["account_no"])]

    def is_known(self, log: str, first: date) -> bool:
        """Whether a log tells of every day from that one on: its own first day may be a piece of one."""
        return first > self.begins[log]

    def active(self, scope: Scope, first: date, last: date) -> set[Any]:
        """Who logged in on any of these days."""
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return set().union(*(self._active[scope].get(day, set()) for day in days))

    def users(self, scope: Scope, day: date, length: int) -> int | None:
        """How many logged in in so many days up to that one, itself included."""
        first = day - timedelta(days=length - 1)
        return len(self.active(scope, first, day)) if self.is_known("auth_audit", first) else None

    def signups(self, scope: Scope, first: date, last: date) -> int:
        """Members registered in these days, whatever became of them."""
        return sum(first <= day_of(row["registered"]) <= last for row in self.counted("memberships", scope))

    def activated(self, scope: Scope, first: date, last: date) -> int | None:
        """Who did one of the key actions in these days."""
        if not self.is_known("feature_usage", first):
            return None
        rows = self.counted("feature_usage", scope)
        done = [row for row in rows if row["action"] in KEY_ACTIONS and first <= day_of(row["at"]) <= last]
        return len({row["member_uuid"] for row in done})

    def customers(self, scope: Scope, last: date) -> int:
        """Members of a tenant who had registered and not left by the end of that day."""
        return sum(
            row["account_no"] is not None
            and day_of(row["registered"]) <= last
            and (row["left_on"] is None or day_of(row["left_on"]) > last)
            for row in self.counted("memberships", scope)
        )

    def dated(self, table: str, column: str, scope: Scope, first: date, last: date) -> int:
        """Rows whose instant in that column lies in these days."""
        rows = self.counted(table, scope)
        return sum(row[column] is not None and first <= day_of(row[column]) <= last for row in rows)

    def jobs(self, scope: Scope, first: date, last: date) -> tuple[int, int, int] | None:
        """Jobs queued in these days, how many of them are done, how many failed."""
        if not self.is_known("bg_tasks", first):
            return None
        states = [row["state"] for row in self.counted("bg_tasks", scope) if first <= day_of(row["queued_at"]) <= last]
        return len(states), states.count("done"), states.count("failed")

    def requests(self, scope: Scope, first: date, last: date) -> tuple[int, int] | None:
        """Requests of these days and how many of them the product failed to answer."""
        if not self.is_known("http_log", first):
            return None
        codes = [row["code"] for row in self.counted("http_log", scope) if first <= day_of(row["at"]) <= last]
        return len(codes), sum(code >= 500 for code in codes)

    def model_calls(self, scope: Scope, first: date, last: date) -> tuple[int, Decimal] | None:
        """Tokens and dollars of these days' calls."""
        if not self.is_known("llm_calls", first):
            return None
        rows = [row for row in self.counted("llm_calls", scope) if first <= day_of(row["at"]) <= last]
        return sum(row["tokens_in"] + row["tokens_out"] for row in rows), sum((row["usd"] for row in rows), Decimal(0))

    def cohort(self, scope: Scope, month: date, week: int) -> tuple[int, int, int, bool]:
        """Members, how many of them had their whole window, how many of those came back, and whether that is final."""
        joined = {
            row["member_uuid"]: day_of(row["registered"])
            for row in self.counted("memberships", scope)
            if month <= day_of(row["registered"]) <= month_end(month)
        }
        windows = {
            who: (day + timedelta(days=7 * week), day + timedelta(days=7 * week + 6)) for who, day in joined.items()
        }
        over = [who for who, (_, end) in windows.items() if end <= self.last]
        back = [who for who in over if who in self.active("all", *windows[who])]
        return len(joined), len(over), len(back), bool(joined) and len(over) == len(joined)

    def uptime(self, last: date, length: int) -> Decimal:
        """Share of the probes of so many days that succeeded, announced maintenance left out."""
        first = last - timedelta(days=length - 1)
        rows = [
            row for row in self.rows["uptime_checks"] if first <= day_of(row["at"]) <= last and not row["announced"]
        ]
        return Decimal(sum(row["up"] for row in rows)) / len(rows)

    def lead_conversion(self, month: date, within: int) -> Decimal:
        """Share of the month's leads that were won in time."""
        rows = [row for row in self.rows["crm_leads"] if month <= day_of(row["captured"]) <= month_end(month)]
        won = [row for row in rows if row["won"] and row["won"] < row["captured"] + timedelta(days=within)]
        return Decimal(len(won)) / len(rows)


def _shown(table: Kept, now: datetime) -> Iterable[Row]:
    for *values, since, until in table.rows:
        if since <= now and (until is None or until > now):
            yield dict(zip(table.columns, values, strict=True))
