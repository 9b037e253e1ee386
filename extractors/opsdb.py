"""What we copy from an operational database: a web application's tables, or an equipment dealer's.

Their tables have any names; an organization's file maps ours to them:
docs/how-to/connect-an-operational-database.md. What a stream `needs` must be mapped.
"""

from functools import partial

from extractors.core.source import Origin
from extractors.core.table_stream import LATE_EVENTS, LATE_ROWS, Column, FieldType, TableStream

KEY = Column("id", "id", is_required=True)
CHANGED = Column("updated_at", "instant")


def needs(type_: FieldType, *names: str) -> tuple[Column, ...]:
    """Columns without which a row says nothing."""
    return tuple(Column(name, type_, is_required=True) for name in names)


def also(type_: FieldType, *names: str) -> tuple[Column, ...]:
    """Columns that are taken where they are mapped."""
    return tuple(Column(name, type_) for name in names)


_table = partial(TableStream, source="opsdb", permission="SELECT on the mapped table", overlap=LATE_ROWS)
_application = partial(_table, part="application")
_dealer = partial(_table, part="dealer")
# What is logged never changes, so the event's own time tells what is new; what is old may be cleared away at any time.
_log = partial(
    _application, reads="windowed", dated_by="occurred_at", mark="occurred_at", keeps_purged=True, overlap=LATE_EVENTS
)

STREAMS = (
    _application(
        name="tenants",
        description="One row per tenant of the application: when it signed up, tried, paid and left.",
        columns=(
            KEY,
            *needs("text", "name"),
            *needs("instant", "signed_up_at"),
            *also("text", "status", "plan", "environment", "country", "currency"),
            *also("instant", "trial_started_at", "trial_converted_at", "churned_at", "reactivated_at"),
            *also("integer", "licensed_seats"),
            *also("number", "monthly_value"),
            CHANGED,
        ),
        dated_by="signed_up_at",
    ),
    _application(
        name="users",
        description="One row per user with the profile that places it in a tenant, and whether it takes a seat.",
        columns=(
            KEY,
            *needs("instant", "created_at"),
            *also("id", "tenant_id", "profile_id"),
            *also("text", "status", "role", "environment"),
            *also("boolean", "is_active", "is_licensed"),
            *also("instant", "deactivated_at", "reactivated_at"),
            CHANGED,
        ),
        dated_by="created_at",
    ),
    _log(
        name="login_events",
        description="One row per attempt to log in.",
        columns=(
            KEY,
            *needs("id", "user_id"),
            *needs("instant", "occurred_at"),
            *also("id", "tenant_id"),
            *also("boolean", "is_successful"),
            *also("text", "method", "environment"),
        ),
    ),
    _log(
        name="activation_events",
        description="One row per action that shows a user at work: a file uploaded, a report generated.",
        columns=(
            KEY,
            *needs("id", "user_id"),
            *needs("text", "event_type"),
            *needs("instant", "occurred_at"),
            *also("id", "tenant_id"),
            *also("text", "environment"),
        ),
    ),
    _application(
        name="jobs",
        reads="windowed",
        description="One row per background job, from its creation to its end.",
        columns=(
            KEY,
            *needs("text", "status"),
            *needs("instant", "created_at"),
            *also("id", "tenant_id", "user_id"),
            *also("text", "job_type", "error_code", "environment"),
            *also("instant", "started_at", "finished_at"),
            CHANGED,
        ),
        dated_by="created_at",
        keeps_purged=True,
    ),
    _log(
        name="api_requests",
        description="One row per request that the application answered, with its status and how long it took.",
        columns=(
            KEY,
            *needs("instant", "occurred_at"),
            *needs("integer", "status_code"),
            *also("id", "tenant_id", "user_id"),
            *also("text", "method", "route", "environment"),
            *also("number", "latency_ms"),
        ),
    ),
    _log(
        name="ai_usage",
        description="One row per call of a language model: tokens, cost, and whether a cache answered.",
        columns=(
            KEY,
            *needs("instant", "occurred_at"),
            *also("id", "tenant_id", "user_id"),
            *also("text", "provider", "model", "feature", "environment"),
            *also("integer", "input_tokens", "output_tokens"),
            *also("number", "cost_usd", "response_ms"),
            *also("boolean", "is_cache_hit", "is_successful"),
        ),
    ),
    _log(
        name="health_probes",
        description="One row per probe of a service: whether it answered as it should.",
        columns=(
            KEY,
            *needs("text", "service"),
            *needs("instant", "occurred_at"),
            *needs("boolean", "is_successful"),
            *also("number", "response_ms"),
            *also("boolean", "is_maintenance"),
            *also("text", "environment"),
        ),
    ),
    _application(
        name="leads",
        reads="windowed",
        description="One row per lead: who asked, when, and whether a tenant came of it.",
        columns=(
            KEY,
            *needs("instant", "created_at"),
            *also("text", "origin", "status"),
            *also("instant", "converted_at"),
            *also("id", "tenant_id"),
            CHANGED,
        ),
        dated_by="created_at",
    ),
    _dealer(
        name="customers",
        description="One row per customer of the dealer: the party that is billed.",
        columns=(
            KEY,
            *needs("text", "name"),
            *also("id", "parent_id"),
            *also("text", "status", "account_manager", "branch"),
            *also("day", "customer_since"),
            CHANGED,
        ),
    ),
    _dealer(
        name="equipment",
        description="One row per machine in a customer's fleet: make, model, age, hours, owned, leased or rented.",
        columns=(
            KEY,
            *also("id", "customer_id"),
            *also("text", "serial_number", "make", "model", "equipment_type", "ownership", "status"),
            *also("integer", "model_year"),
            *also("day", "acquired_on", "retired_on"),
            *also("number", "hour_meter"),
            *also("boolean", "is_under_contract"),
            CHANGED,
        ),
    ),
    _dealer(
        name="service_orders",
        reads="windowed",
        description="One row per service order: what kind of work, when called, arrived and done, in how many visits.",
        columns=(
            KEY,
            *needs("id", "customer_id"),
            *needs("text", "order_type", "status"),
            *needs("instant", "opened_at"),
            *also("id", "equipment_id"),
            *also("instant", "received_at", "arrived_at", "completed_at"),
            *also("day", "due_on"),
            *also("integer", "visits"),
            *also("number", "labor_amount", "parts_amount", "other_amount", "total_amount", "downtime_hours"),
            CHANGED,
        ),
        dated_by="opened_at",
    ),
    _dealer(
        name="parts_orders",
        reads="windowed",
        description="One row per line of a parts order; those that stand on a service order's invoice name it.",
        columns=(
            KEY,
            *needs("id", "customer_id"),
            *needs("day", "ordered_on"),
            *needs("number", "amount"),
            *also("id", "order_id", "service_order_id"),
            *also("text", "category", "part_number", "status"),
            *also("number", "quantity"),
            CHANGED,
        ),
        dated_by="ordered_on",
    ),
    _dealer(
        name="rentals",
        reads="windowed",
        description="One row per rental of a machine, with its first and last day.",
        columns=(
            KEY,
            *needs("id", "customer_id"),
            *needs("day", "started_on"),
            *also("id", "equipment_id"),
            *also("text", "equipment_type", "status"),
            *also("day", "ended_on"),
            *also("number", "daily_rate", "billed_amount"),
            CHANGED,
        ),
        dated_by="started_on",
    ),
    _dealer(
        name="gl_entries",
        reads="windowed",
        description="One row per line of the general ledger; the lines of a journal add up to nothing.",
        columns=(
            KEY,
            *needs("day", "posted_on"),
            *needs("text", "account_number"),
            *also("id", "journal_id", "customer_id"),
            *also("text", "account_name", "account_type", "department", "description"),
            *also("number", "debit", "credit", "amount"),
            CHANGED,
        ),
        dated_by="posted_on",
    ),
    _dealer(
        name="condition_assessments",
        reads="windowed",
        description="One row per look at a machine: good, to be watched, or to be replaced.",
        columns=(
            KEY,
            *needs("id", "equipment_id"),
            *needs("day", "assessed_on"),
            *needs("text", "condition"),
            *also("id", "customer_id"),
            *also("text", "assessed_by", "notes"),
            *also("number", "age_years", "annual_maintenance_cost"),
            CHANGED,
        ),
        dated_by="assessed_on",
    ),
)

SOURCE = Origin(
    name="opsdb",
    label="The operational database",
    streams=STREAMS,
    needs=("kind", "host", "port", "database", "user", "password", "tls"),
    sign_in_advice="Check host, database, user and password with whoever runs it, then run: qbr connect opsdb.",
)
