"""What ``make up`` starts: Postgres, the sandbox where it is a vendor, Dagster's web server and daemon, the page."""

from __future__ import annotations

import fcntl
import socket
from dataclasses import dataclass, field

import psycopg

from orchestration import dagster_processes, demonstration, pipeline, sandbox_process
from orchestration.sandbox_process import Sandbox
from orchestration.selection import chosen_organizations
from orchestration.transformation import ensure_manifest
from warehouse import embedded
from warehouse.credentials import connected_sources
from warehouse.engine import connect, database_url
from warehouse.organizations import Organization
from warehouse.settings import get_settings


@dataclass(frozen=True, slots=True)
class Parts:
    """What was started before Dagster, where each part listens, and what is worth saying about it."""

    addresses: dict[str, str]
    dagster_port: int
    portal_port: int
    remarks: list[str] = field(default_factory=list)


def start_parts() -> Parts:
    """Database, rules and, where it is a vendor, the sandbox; and a port for Dagster, whoever holds the wished one."""
    settings = get_settings()
    organizations = chosen_organizations()
    pipeline.prepare(organizations)
    addresses, remarks = {"Postgres": _without_password(database_url())}, []
    for organization in organizations:
        if sandbox := vendors_of(organization):
            addresses["Sandbox"] = sandbox.url
    ensure_manifest()
    port = settings.dagster_port
    if not is_free(port):
        port = free_port()
        remarks.append(f"Port {settings.dagster_port} is taken by another program, so Dagster listens on {port}.")
    addresses["Dagster"] = f"http://127.0.0.1:{port}"
    portal = settings.portal_port
    if not is_free(portal):
        portal = free_port()
        remarks.append(
            f"Port {settings.portal_port} is taken by another program, so the download page listens on {portal}; links "
            "name the other port. Set QBR_PORTAL_PORT to a free one."
        )
    addresses["Files"] = f"http://127.0.0.1:{portal}, opened by `qbr link new`"
    return Parts(addresses, port, portal, remarks)


def vendors_of(organization: Organization) -> Sandbox | None:
    """Make sure that the demonstration finds its vendors: the running sandbox, started when it is needed.

    None for an organization that has real ones.
    """
    demonstration.attach_databases([organization])
    if organization.id != demonstration.ORGANIZATION or not sandbox_is_needed():
        return None
    var_dir = get_settings().var_dir
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "sandbox.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two steps that begin at once start one sandbox
        return demonstration.attach(organization)


def sandbox_is_needed() -> bool:
    """Whether the sandbox is a vendor here: the demonstration is configured and no source is really connected."""
    organizations = chosen_organizations()
    with connect() as connection:
        found = [
            one for organization in organizations for one in connected_sources(connection, organization.id).values()
        ]
    is_configured = any(one.id == demonstration.ORGANIZATION and one.is_active for one in organizations)
    return is_configured and all(one.connected_by == sandbox_process.CONNECTED_BY for one in found)


def stop_parts() -> list[str]:
    """Stop what a killed `make up` left, the sandbox and the embedded Postgres; what was stopped."""
    settings = get_settings()
    stopped = [dagster_processes.told(name) for name in dagster_processes.clear_remains(settings.var_dir)]
    if sandbox_process.stop(settings.var_dir):
        stopped.append("sandbox")
    if settings.database_url is None and embedded.stop():
        stopped.append("Postgres")
    return stopped


def is_free(port: int) -> bool:
    """Whether nobody listens on that port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def free_port() -> int:
    """Any port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _without_password(url: str) -> str:
    facts = psycopg.conninfo.conninfo_to_dict(url)
    where = f"{facts.get('host', 'the default socket')}:{facts.get('port', 5432)}"
    return f"{where}, database {facts.get('dbname', 'by default')}, user {facts.get('user', 'by default')}"
