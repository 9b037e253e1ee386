"""The rows an organization's file becomes in schema `app`, and which of them changed."""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from warehouse.fleet_rules import fleet_codes, fleet_settings
from warehouse.rules import Organization, Product, Threshold

UNASSIGNED = "unassigned"


KEPT_SECTIONS = {"brand", "delivery", "exchange_rates", "retention", "sources"}
"""Sections of the file that are kept as they are, in one column."""


def write_rows(connection: psycopg.Connection, organization: Organization, config_hash: str) -> list[str]:
    """Write every table the file speaks about; the names of those that changed."""
    o, changed = organization, []
    if _write_organization(connection, o, config_hash):
        changed.append("organizations")
    if _write_unassigned(connection, o.id):
        changed.append("clients")
    for table, columns, rows in (
        ("rule_values", ("rule", "value", "position"), _rule_values(o)),
        ("account_rules", ("position", "metric", "match_type", "pattern"), _account_rules(o)),
        ("client_mappings", ("source", "source_key", "client_name"), _client_mappings(o)),
    ):
        if _replace(connection, o.id, table, columns, rows):
            changed.append(table)
    if _seed_settings(connection, o):
        changed.append("settings")
    if _seed(connection, o.id, "thresholds", "metric", wanted=_thresholds(o), retired={"is_retired": True}):
        changed.append("thresholds")
    if _seed(connection, o.id, "alert_rules", "rule", wanted=_alert_rules(o), retired={"is_active": False}):
        changed.append("alert_rules")
    return changed


def _write_organization(connection: psycopg.Connection, o: Organization, config_hash: str) -> bool:
    facts = {
        "name": o.name,
        "time_zone": o.time_zone,
        "currency": o.currency,
        "locale": o.locale,
        "history_start": o.settings.history_start,
        "settings": Jsonb(
            o.model_dump(
                mode="json", include={"brand", "delivery", "exchange_rates", "retention", "sources"}, exclude_none=True
            )
        ),
        "is_active": o.is_active,
        "config_hash": config_hash,
    }
    names, marks = list(facts), sql.SQL(", ").join(sql.Placeholder() * len(facts))
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    # Without an alias in the file the organization takes the next free number once and keeps it.
    statement = sql.SQL(
        """
        insert into app.organizations as kept (organization_id, alias, {columns})
        values (
            %s,
            coalesce(
                %s,
                (select alias from app.organizations where organization_id = %s),
                (select coalesce(max(alias), 0) + 1 from app.organizations)
            ),
            {marks}
        )
        on conflict (organization_id) do update
        set (alias, updated_at, {columns}) = row(excluded.alias, clock_timestamp(), {new})
        where (kept.alias, {old}) is distinct from (excluded.alias, {new})
        """
    ).format(
        columns=columns,
        marks=marks,
        new=sql.SQL(", ").join(sql.Identifier("excluded", name) for name in names),
        old=sql.SQL(", ").join(sql.Identifier("kept", name) for name in names),
    )
    return connection.execute(statement, [o.id, o.alias, o.id, *facts.values()]).rowcount > 0


def _write_unassigned(connection: psycopg.Connection, organization_id: str) -> bool:
    statement = """
        insert into app.clients (organization_id, client_id, client_alias, name, is_confirmed)
        values (%s, %s, 0, 'Unassigned', true)
        on conflict (organization_id, client_id) do nothing
    """
    return connection.execute(statement, [organization_id, UNASSIGNED]).rowcount > 0


def _rule_values(o: Organization) -> list[tuple[Any, ...]]:
    lists: dict[str, Sequence[str]] = {
        "service_board": o.tickets.service_boards,
        "closed_status": o.tickets.closed_statuses,
        "parent_tickets_only": [str(o.tickets.parents_only).lower()],
        "excluded_ninjaone_organization": o.devices.excluded_organizations,
        "excluded_device_class": o.devices.endpoint_excluded_classes,
        "seat_device_class": o.devices.seat_classes,
        "spare_word": o.devices.spare_words,
        "managed_agreement_type": o.agreements.managed_types,
        "seat_product": o.agreements.seat_products,
        "account_posted_by_quickbooks": o.accounts.posted_by_quickbooks,
        **({**fleet_codes(o.fleet), **_product_words(o.product)} if o.sources.opsdb else {}),
    }
    return [
        (rule, value, position)
        for rule, values in lists.items()
        for position, value in enumerate(dict.fromkeys(values), start=1)
    ]


def _product_words(product: Product) -> dict[str, Sequence[str]]:
    return {
        "key_action": product.key_actions,
        "succeeded_job_status": product.succeeded_job_statuses,
        "failed_job_status": product.failed_job_statuses,
        "probe_interval_minutes": [str(product.probe_interval_minutes)] if product.probe_interval_minutes else [],
    }


def _account_rules(o: Organization) -> list[tuple[Any, ...]]:
    return [(n, rule.metric, rule.match, rule.pattern) for n, rule in enumerate(o.accounts.rules, start=1)]


def _client_mappings(o: Organization) -> list[tuple[Any, ...]]:
    return [(source, key, client.name) for client in o.clients for source, key in dict.fromkeys(client.records())]


def _replace(
    connection: psycopg.Connection,
    organization_id: str,
    table: str,
    columns: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
) -> bool:
    """Make the organization's rows of `table` equal to `rows`; False, and nothing written, when they are already."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    name, wanted = sql.Identifier("app", table), set(rows)
    present = connection.execute(
        sql.SQL("select {} from {} where organization_id = %s").format(names, name), [organization_id]
    )
    if set(present.fetchall()) == wanted:
        return False
    connection.execute(sql.SQL("delete from {} where organization_id = %s").format(name), [organization_id])
    marks = sql.SQL(", ").join(sql.Placeholder() * (len(columns) + 1))
    with connection.cursor() as cursor:
        cursor.executemany(
            sql.SQL("insert into {} (organization_id, {}) values ({})").format(name, names, marks),
            [(organization_id, *row) for row in sorted(wanted)],
        )
    return True


def _seed_settings(connection: psycopg.Connection, o: Organization) -> bool:
    statement = """
        insert into app.settings as kept (organization_id, setting, value, seed)
        values (%s, %s, %s, %s)
        on conflict (organization_id, setting) do update
        set value = excluded.value, seed = excluded.seed, changed_by = 'yaml'
        where kept.seed is distinct from excluded.seed
    """
    values = {**o.settings.model_dump(mode="json"), **(fleet_settings(o.fleet) if o.sources.opsdb else {})}
    written = [connection.execute(statement, [o.id, name, value, value]).rowcount for name, value in values.items()]
    return any(written)


def _thresholds(o: Organization) -> dict[str, dict[str, Any]]:
    def row(threshold: Threshold) -> dict[str, Any]:
        return {**threshold.model_dump(), "is_retired": False}

    return {metric: row(threshold) for metric, threshold in o.thresholds.items()}


def _alert_rules(o: Organization) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "kind": rule.kind,
            "metric": rule.metric,
            "severity": rule.severity,
            "parameters": Jsonb(rule.parameters()),
            "channels": list(rule.channels),
            "is_active": rule.is_active,
        }
        for name, rule in o.alerts.items()
    }


def _seed(
    connection: psycopg.Connection,
    organization_id: str,
    table: str,
    key: str,
    *,
    wanted: dict[str, dict[str, Any]],
    retired: dict[str, bool],
) -> bool:
    """Write the rows whose seed differs from what the file says now; retire those that the file no longer names.

    A row that somebody changed in the app (`changed_by` is not yaml) is not retired: it stands on its own by then.
    """
    name, changed = sql.Identifier("app", table), False
    for row_key, columns in wanted.items():
        names, values = list(columns), list(columns.values())
        seed = Jsonb({column: _plain(value) for column, value in columns.items()})
        statement = sql.SQL(
            """
            insert into {table} as kept (organization_id, {key}, seed, {columns})
            values (%s, %s, %s, {marks})
            on conflict (organization_id, {key}) do update
            set (seed, changed_by, {columns}) = row(excluded.seed, 'yaml', {new})
            where kept.seed is distinct from excluded.seed
            """
        ).format(
            table=name,
            key=sql.Identifier(key),
            columns=sql.SQL(", ").join(map(sql.Identifier, names)),
            marks=sql.SQL(", ").join(sql.Placeholder() * len(names)),
            new=sql.SQL(", ").join(sql.Identifier("excluded", column) for column in names),
        )
        changed |= connection.execute(statement, [organization_id, row_key, seed, *values]).rowcount > 0
    [(column, value)] = retired.items()
    statement = sql.SQL(
        """
        update {table} set seed = null, {column} = %s
        where organization_id = %s and seed is not null and changed_by = 'yaml' and not ({key} = any(%s))
        """
    ).format(table=name, column=sql.Identifier(column), key=sql.Identifier(key))
    changed |= connection.execute(statement, [value, organization_id, list(wanted)]).rowcount > 0
    return changed


def _plain(value: Any) -> Any:
    if isinstance(value, Jsonb):
        return value.obj
    return value if value is None or isinstance(value, bool | list | str) else str(value)
