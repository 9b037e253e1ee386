"""Organizations' files: read `config/<organization>.yml`, say what is wrong with it, and bring it into schema `app`."""

import hashlib
import json
from pathlib import Path
from string import Template

import psycopg
from pydantic import ValidationError

from warehouse.audit import RUN, Actor, record
from warehouse.configuration_errors import ConfigurationError, sentences
from warehouse.marked_yaml import YamlProblem, read
from warehouse.organization_rows import write_rows
from warehouse.rules import Organization

__all__ = ["ConfigurationError", "Organization", "apply", "load_organization", "load_organizations", "starter"]

_STARTER = Path(__file__).with_name("organization_starter.yml")


def load_organization(path: Path) -> Organization:
    """Read and check one file; raises `ConfigurationError` with every problem in it."""
    try:
        marked = read(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{path} does not exist; `qbr init {path.stem} --name NAME` writes a starter file there."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
    except YamlProblem as problem:
        raise ConfigurationError(f"{path}, line {problem.line}: this is not YAML we can read: {problem}.") from problem
    if not isinstance(marked.data, dict):
        raise ConfigurationError(f"{path}, line 1: the file must be a group of keys, beginning with id and name.")
    try:
        organization = Organization.model_validate(marked.data)
    except ValidationError as error:
        raise ConfigurationError(sentences(path, marked, error)) from error
    if organization.id != path.stem:
        raise ConfigurationError(
            f"{path}, line {marked.line(('id',))}: id must equal the file's name, '{path.stem}'; it is "
            f"'{organization.id}'."
        )
    return organization


def load_organizations(config_dir: Path) -> list[Organization]:
    """Read every `*.yml` of the folder, by name; raises `ConfigurationError` with the problems of all files."""
    organizations, problems = [], []
    owner: dict[int, str] = {}
    for path in sorted(config_dir.glob("*.yml")):
        try:
            organization = load_organization(path)
        except ConfigurationError as error:
            problems.append(str(error))
            continue
        if organization.alias is not None and (other := owner.setdefault(organization.alias, organization.id)) != (
            organization.id
        ):
            problems.append(
                f"{path}: alias {organization.alias} is taken by '{other}'; every organization has its own."
            )
        organizations.append(organization)
    if problems:
        raise ConfigurationError("\n".join(problems))
    return organizations


def starter(organization_id: str, name: str, time_zone: str, history_start: str = "2024-01") -> str:
    """A commented file for a new organization, which loads as it is; raises `ConfigurationError` on unusable facts."""
    text = Template(_STARTER.read_text(encoding="utf-8")).substitute(
        # JSON strings are YAML strings, whatever quotes or colons a name holds.
        id=organization_id,
        name=json.dumps(name, ensure_ascii=False),
        time_zone=json.dumps(time_zone),
        history_start=history_start,
    )
    path = Path(f"{organization_id}.yml")
    marked = read(text)
    try:
        Organization.model_validate(marked.data)
    except ValidationError as error:
        raise ConfigurationError(sentences(path, marked, error)) from error
    return text


def apply(connection: psycopg.Connection, organization: Organization, actor: Actor = RUN) -> list[str]:
    """Bring the file into the app tables and return the names of the tables that changed; the caller commits.

    Thresholds, alert rules and settings are only seeded: a row changed in the app since stays, until the file itself
    says something new. Everything else equals the file. Applying the same file again changes no row. Raises
    `ConfigurationError` when the alias belongs to another organization or Postgres refuses a regular expression.
    """
    content = organization.model_dump(mode="json", exclude_none=True)
    config_hash = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    with connection.transaction():
        # Applying twice at once would seed twice; and the next free alias must be taken by one only.
        connection.execute("select pg_advisory_xact_lock(hashtext('app.organizations'))")
        _refuse_what_only_the_database_knows(connection, organization)
        changed = write_rows(connection, organization, config_hash)
        if changed:
            record(
                connection,
                organization.id,
                actor,
                "apply_configuration",
                resource=f"config/{organization.id}.yml",
                details={"changed": changed, "config_hash": config_hash},
            )
    return changed


def _refuse_what_only_the_database_knows(connection: psycopg.Connection, organization: Organization) -> None:
    taken = connection.execute(
        "select organization_id from app.organizations where alias = %s and organization_id <> %s",
        [organization.alias, organization.id],
    ).fetchone()
    if taken:
        raise ConfigurationError(
            f"{organization.id}.yml: alias {organization.alias} belongs to the organization '{taken[0]}'; choose "
            "another number or leave the key out."
        )
    for rule in organization.accounts.rules:
        if rule.match == "regex":
            try:
                with connection.transaction():
                    connection.execute("select '' ~* %s", [rule.pattern])
            except psycopg.errors.InvalidRegularExpression as error:
                raise ConfigurationError(
                    f"{organization.id}.yml: accounts.rules has the pattern '{rule.pattern}', which Postgres does not "
                    f"accept as a regular expression: {error.diag.message_primary}."
                ) from error
