"""What the product's users and machines do: logins, actions, jobs, requests, model calls, probes; and leads."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from sandbox.opsdb.kept import DAYS, Kept, at, day_number
from sandbox.opsdb.product import SCHEMA, Tenant, User
from sandbox.world.draws import chance, draws

ACTIONS = ("file_upload", "file_upload", "worklog_create", "worklog_create", "report_generate", "skill_compute")
JOBS = ("import", "export", "nightly_report", "reindex")
ROUTES = (("GET", "/v2/worklogs"), ("POST", "/v2/worklogs"), ("GET", "/v2/files"), ("POST", "/v2/reports"))
MODELS = (("nimbus", "nimbus-large", 9), ("nimbus", "nimbus-small", 1), ("orchard", "orchard-2", 4))
"""Who serves it, its name, and its price in millionths of a dollar a token."""
SERVICES = ("api", "web", "workers")
INCIDENTS = (
    ("api", 222, 240.0, 95.0),
    ("workers", 498, 610.0, 260.0),
    ("web", 640, 1080.0, 45.0),
    ("api", 739, 130.0, 70.0),
)
"""Service, day, first minute, minutes that it was down."""
MAINTENANCE = (("web", 305, 120.0, 120.0), ("api", 580, 120.0, 120.0))
BAD_WEEK = range(616, 623)
"""Days on which a release made jobs fail."""
LOG_KEPT = timedelta(days=400)
"""The product clears older requests away."""


def is_down(service: str, moment: datetime) -> bool:
    """Whether an incident had the service down."""
    return any(
        name == service and at(day_number(day), first) <= moment < at(day_number(day), first + length)
        for name, day, first, length in INCIDENTS
    )


def make_doings(seed: int, users: list[User]) -> list[Kept]:
    """Logins, actions, jobs and model calls: what the users' working days are made of."""
    logins = Kept(SCHEMA, "auth_audit", {
        "event_id": "bigint", "member_uuid": "uuid not null", "account_no": "integer", "at": "timestamptz not null",
        "outcome": "smallint", "via": "text",
    })  # fmt: skip
    actions = Kept(SCHEMA, "feature_usage", {
        "event_id": "bigint", "member_uuid": "uuid not null", "account_no": "integer", "action": "text not null",
        "at": "timestamptz not null",
    })  # fmt: skip
    jobs = Kept(SCHEMA, "bg_tasks", {
        "task_id": "bigint", "account_no": "integer", "member_uuid": "uuid", "kind": "text", "state": "text not null",
        "queued_at": "timestamptz not null", "began_at": "timestamptz", "ended_at": "timestamptz", "fault_code": "text",
        "touched_at": "timestamptz not null",
    })  # fmt: skip
    calls = Kept(SCHEMA, "llm_calls", {
        "call_id": "bigint", "account_no": "integer", "member_uuid": "uuid", "vendor": "text", "model_name": "text",
        "purpose": "text", "tokens_in": "integer", "tokens_out": "integer", "usd": "numeric(10,6)",
        "from_cache": "boolean", "ok": "boolean", "took_ms": "integer", "at": "timestamptz not null",
    })  # fmt: skip
    numbers = count(500_001)
    for user in users:
        draw, whose = draws(seed, f"opsdb doings {user.key}"), user.tenant.number if user.tenant else None
        for day in range(DAYS):
            date = day_number(day)
            if draw.random() > user.eagerness * (0.15 if date.weekday() > 4 else 1.0):
                continue
            begun = at(date, draw.gauss(960, 110) % 1400)
            if not _may_enter(user, begun):
                continue
            if chance(draw, 0.04):
                logins.add((next(numbers), user.key, whose, begun - timedelta(seconds=40), 0, "password"), begun)
            logins.add((next(numbers), user.key, whose, begun, 1, draw.choice(("password", "sso"))), begun)
            if chance(draw, 0.35):
                acted = begun + timedelta(minutes=draw.randrange(1, 60))
                actions.add((next(numbers), user.key, whose, draw.choice(ACTIONS), acted), acted)
            if chance(draw, 0.08):
                _run_job(jobs, draw, next(numbers), user, begun + timedelta(minutes=9), is_bad=day in BAD_WEEK)
            if chance(draw, 0.02 + 0.12 * day / DAYS):
                _call_model(calls, draw, next(numbers), user, begun + timedelta(minutes=4))
    return [logins, actions, jobs, calls]


def _may_enter(user: User, moment: datetime) -> bool:
    there = user.joined <= moment and (user.left is None or moment < user.left)
    return there and (user.tenant is None or user.tenant.is_open(moment))


def _run_job(jobs: Kept, draw: Random, number: int, user: User, queued: datetime, *, is_bad: bool) -> None:
    whose = user.tenant.number if user.tenant else None
    began = queued + timedelta(seconds=draw.randrange(1, 90))
    ended = began + timedelta(seconds=draw.randrange(5, 900))
    failed = chance(draw, 0.3 if is_bad else 0.03)
    kind, fault = draw.choice(JOBS), draw.choice(("E_TIMEOUT", "E_INPUT")) if failed else None
    facts = (number, whose, user.key, kind)
    jobs.add_versions(
        [
            (queued, (*facts, "queued", queued, None, None, None, queued)),
            (began, (*facts, "running", queued, began, None, None, began)),
            (ended, (*facts, "failed" if failed else "done", queued, began, ended, fault, ended)),
        ]
    )


def _call_model(calls: Kept, draw: Random, number: int, user: User, moment: datetime) -> None:
    vendor, model, price = draw.choice(MODELS)
    given, got = draw.randrange(200, 6000), draw.randrange(20, 1500)
    cached, fine = chance(draw, 0.18), not chance(draw, 0.015)
    cost = Decimal(0) if cached or not fine else Decimal((given + 3 * got) * price) / 1_000_000
    whose = user.tenant.number if user.tenant else None
    took = draw.randrange(15, 60) if cached else draw.randrange(400, 9000)
    purpose = draw.choice(("summary", "search", "draft"))
    facts = (number, whose, user.key, vendor, model, purpose, given, got if fine else 0, cost, cached, fine)
    calls.add((*facts, took, moment), moment)


def make_requests(seed: int, tenants: list[Tenant]) -> Kept:
    """A sample of the requests answered, cleared away after a while."""
    table = Kept(SCHEMA, "http_log", {
        "request_id": "bigint", "account_no": "integer", "verb": "text", "route": "text", "code": "smallint not null",
        "duration_ms": "numeric(9,2)", "at": "timestamptz not null",
    })  # fmt: skip
    draw, number = draws(seed, "opsdb requests"), count(9_000_001)
    for day in range(DAYS):
        busy = 8 if day_number(day).weekday() > 4 else 22
        for minute in sorted(draw.gauss(960, 240) % 1439 for _ in range(busy + day // 40)):
            moment = at(day_number(day), minute)
            there = [tenant for tenant in tenants if tenant.is_open(moment)]
            verb, route = draw.choice(ROUTES)
            down, luck = is_down("api", moment), draw.random()
            code = 503 if down else 500 if luck < 0.006 else 404 if luck < 0.03 else 422 if luck < 0.05 else 200
            took = Decimal(round(draw.lognormvariate(4.6, 0.55) * (9 if down else 1) * 100)) / 100
            whose = draw.choice(there).number
            table.add((next(number), whose, verb, route, code, took, moment), moment, moment + LOG_KEPT)
    return table


def make_probes(seed: int) -> Kept:
    """Every two hours each service is asked whether it is well."""
    table = Kept(SCHEMA, "uptime_checks", {
        "check_id": "bigint", "target": "text not null", "at": "timestamptz not null", "up": "boolean not null",
        "took_ms": "integer", "announced": "boolean not null",
    })  # fmt: skip
    draw, number = draws(seed, "opsdb probes"), count(1)
    for day in range(DAYS):
        for hour in range(0, 24, 2):
            for service in SERVICES:
                moment = at(day_number(day), 60.0 * hour + 10)
                announced = any(
                    name == service and at(day_number(night), first) <= moment < at(day_number(night), first + length)
                    for name, night, first, length in MAINTENANCE
                )
                up = not is_down(service, moment) and not announced
                took = draw.randrange(40, 400) if up else None
                table.add((next(number), service, moment, up, took, announced), moment)
    return table


def make_leads(seed: int, tenants: list[Tenant]) -> Kept:
    """Who asked about the product: every tenant of these months once did, and many who never became one."""
    table = Kept(SCHEMA, "crm_leads", {
        "lead_ref": "text", "captured": "timestamptz not null", "channel": "text", "stage": "text",
        "won": "timestamptz", "account_no": "integer", "edited": "timestamptz",
    })  # fmt: skip
    draw, number = draws(seed, "opsdb leads"), count(1)
    begun = [tenant for tenant in tenants if tenant.joined >= at(day_number(0), 0)]
    for tenant in begun:
        asked = tenant.joined - timedelta(days=draw.randrange(2, 35))
        facts = (f"LD-{next(number):05}", asked, draw.choice(("site", "referral", "event")))
        won = (*facts, "won", tenant.joined, tenant.number, tenant.joined)
        table.add_versions([(asked, (*facts, "new", None, None, asked)), (tenant.joined, won)])
    for day in range(0, DAYS, 3):
        asked = at(day_number(day), draw.randrange(700, 1300))
        facts = (f"LD-{next(number):05}", asked, draw.choice(("site", "site", "referral", "event", "list")))
        closed = asked + timedelta(days=draw.randrange(5, 60))
        lost = (*facts, "lost", None, None, closed)
        table.add_versions([(asked, (*facts, "new", None, None, asked)), (closed, lost)])
    return table
