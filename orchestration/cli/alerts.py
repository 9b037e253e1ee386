"""``qbr alerts``: what is open, who takes it on, whether channels work, and what a rule would have brought."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import psycopg
import typer

from orchestration import pipeline, turns
from orchestration.cli import alert_tables as tables
from orchestration.cli.options import OneOrganizationOption, as_period
from orchestration.errors import NothingDone, UsageError
from orchestration.progress import Screen, wide_console
from orchestration.selection import one_organization, run_instant
from reports.alerts import deliver
from reports.alerts.backtest import backtest as test_on_the_past
from reports.alerts.backtest import rule_named
from reports.alerts.handling import acknowledge
from reports.alerts.handling import snooze as leave_alone
from reports.alerts.history import Past, write_history
from reports.alerts.history import history as past_alerts
from reports.alerts.rules import judge_apart
from reports.alerts.situation import Situation
from reports.alerts.trial import try_channels
from reports.views import watching
from reports.views.organizations import organization as described
from reports.views.watching import AlertRule
from warehouse.audit import Actor
from warehouse.engine import connect
from warehouse.metrics import catalogue
from warehouse.organizations import Organization
from warehouse.settings import get_settings, now

app = typer.Typer(help="What is wrong, and who takes it on.", no_args_is_help=True, rich_markup_mode=None)

AlertArgument = Annotated[int, typer.Argument(metavar="ALERT", help="Its number, as `qbr alerts list` shows it.")]
NoteOption = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What others should know of it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a machine instead of a table.")]
LimitOption = Annotated[float | None, typer.Option(metavar="NUMBER", help="Another limit than the rule's.")]


@app.command("list")
def list_open(
    organization: OneOrganizationOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Show resolved ones too.")] = False,
    severity: Annotated[str | None, typer.Option("--severity", help="critical, high, medium or low.")] = None,
    area: Annotated[str | None, typer.Option("--area", help="finance, operations, customers, product ...")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the alerts that are open or acknowledged, the most severe first."""
    state = None if everything else "unresolved"
    with _opened(organization) as (connection, chosen):
        found = past_alerts(connection, chosen.id, Past(severity=severity, area=area, state=state))
    if as_json:
        _print_json(found)
    elif found:
        wide_console().print(tables.alerts_table(chosen.name, found))
    else:
        typer.echo(f"No alert of {chosen.id} is open.")


@app.command("rules")
def rules(organization: OneOrganizationOption = None) -> None:
    """Show every rule, how many alerts of it are open, and what it waits for when it cannot judge yet."""
    with _opened(organization) as (connection, chosen), turns.reading(Screen()):
        found = watching.alert_rules(connection, chosen.id, only_active=False)
        active = {rule.rule for rule in watching.alert_rules(connection, chosen.id)}
        situation = Situation(connection, described(connection, chosen.id), run_instant([chosen]))
        judged = [(rule, judge_apart(rule, situation) if rule.rule in active else None) for rule in found]
        unresolved = past_alerts(connection, chosen.id, Past(state="unresolved"))
    wide_console().print(tables.rules_table(chosen.name, judged, unresolved))


@app.command("show")
def show(alert: AlertArgument, organization: OneOrganizationOption = None, as_json: JsonOption = False) -> None:
    """Show one alert with its steps and deliveries."""
    with _opened(organization) as (connection, chosen):
        found = past_alerts(connection, chosen.id, Past(alert_id=alert))
    if not found:
        raise UsageError(f"{chosen.id} has no alert {alert}. `qbr alerts list --all` shows those there are.")
    if as_json:
        _print_json(found[0])
    else:
        tables.print_alert(wide_console(), found[0], chosen.time_zone)


@app.command("ack")
def ack(alert: AlertArgument, organization: OneOrganizationOption = None, note: NoteOption = None) -> None:
    """Say that you have taken an alert on: nobody is reminded of it any more."""
    with _opened(organization) as (connection, chosen):
        acknowledge(connection, chosen.id, alert, actor=_me(), as_of=run_instant([chosen]), note=note)
        connection.commit()
        deliver(connection, get_settings(), now(), organization_id=chosen.id)
    typer.echo(f"Alert {alert} is yours. It ends by itself when what it tells of no longer holds.")


@app.command("snooze")
def snooze(
    alert: AlertArgument,
    hours: Annotated[float, typer.Option("--hours", min=0.1, max=720, help="For how long.")] = 8,
    organization: OneOrganizationOption = None,
    note: NoteOption = None,
) -> None:
    """Leave an alert alone for some hours; when it still holds then, it is told again."""
    with _opened(organization) as (connection, chosen):
        as_of = run_instant([chosen])
        until = as_of + timedelta(hours=hours)
        leave_alone(connection, chosen.id, alert, until=until, actor=_me(), as_of=as_of, note=note)
        connection.commit()
        deliver(connection, get_settings(), now(), organization_id=chosen.id)
    typer.echo(f"Nobody is told of alert {alert} until {until:%Y-%m-%d %H:%M %Z}.")


@app.command("test")
def try_out(
    channel: Annotated[str | None, typer.Option("--channel", metavar="NAME", help="Only this channel.")] = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Send a test over every channel that is set up, and say what the others lack."""
    with _opened(organization) as (connection, chosen):
        tried = try_channels(connection, chosen.id, get_settings(), now(), only=channel)
    if not tried:
        raise UsageError(f"There is no channel {channel!r}. Nothing was sent.")
    wide_console().print(tables.channels_table(chosen.name, tried))
    if failed := [one.channel for one in tried if one.state == "failed"]:
        raise NothingDone(f"Nobody was reached by {', '.join(failed)}.")


@app.command("backtest")
def backtest(  # noqa: PLR0917 - options of a command
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="A rule; none: one of --metric alone.")] = None,
    metric: Annotated[str | None, typer.Option("--metric", metavar="METRIC", help="Only this metric.")] = None,
    above: LimitOption = None,
    below: LimitOption = None,
    rises_by: LimitOption = None,
    falls_by: LimitOption = None,
    bucket: Annotated[str | None, typer.Option("--bucket", help="daily, weekly, monthly or quarterly.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="First month.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM", help="Last month.")] = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Say which alerts a rule would have brought in the months that are stored, also with other limits."""
    limits = {"above": above, "below": below, "rises_by": rises_by, "falls_by": falls_by, "bucket": bucket}
    with _opened(organization) as (connection, chosen), turns.reading(Screen()):
        kept = rule_named(connection, chosen.id, rule) if rule else None
        done = test_on_the_past(
            connection,
            chosen.id,
            _changed(kept, metric, {key: value for key, value in limits.items() if value is not None}),
            run_instant([chosen]),
            first=as_period(first),
            last=as_period(last),
        )
    console = wide_console()
    if done.incidents:
        console.print(tables.backtest_table(done))
    typer.echo(f"{done}.")


@app.command("history")
def history(
    organization: OneOrganizationOption = None,
    search: Annotated[str | None, typer.Option("--search", metavar="WORDS", help="In messages, rules, notes.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only alerts of this rule.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Seen since this day.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Search all alerts there ever were, and renew the file with their history."""
    try:
        day = datetime.fromisoformat(f"{since}T00:00+00:00") if since else None
    except ValueError as error:
        raise UsageError(f"'{since}' is not a day such as 2026-07-01. Nothing was done.") from error
    with _opened(organization) as (connection, chosen):
        found = past_alerts(connection, chosen.id, Past(words=search, rule=rule, since=day))
        path = write_history(connection, chosen.id, get_settings().var_dir / "alerts")
    if as_json:
        _print_json(found)
        return
    wide_console().print(tables.alerts_table(chosen.name, found, with_end=True))
    typer.echo(f"{len(found)} alerts. All of them with steps and deliveries: {tables.near(path)}")


@contextmanager
def _opened(organization: str | None) -> Iterator[tuple[psycopg.Connection[Any], Organization]]:
    """The warehouse, with the organization's rules as its file says them now."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        try:
            yield connection, chosen
        except psycopg.errors.UndefinedTable as error:
            raise NothingDone(
                f"No model of {chosen.id} was built yet, so no rule can be judged. Run `qbr run` first."
            ) from error


def _changed(rule: AlertRule | None, metric: str | None, limits: dict[str, Any]) -> AlertRule:
    """The rule with other limits; without one, a rule made of the limits alone."""
    if metric is not None and metric not in catalogue():
        raise UsageError(f"{metric!r} is no metric; docs/metrics.md lists them. Nothing was done.")
    if rule is None:
        if metric is None or not {"above", "below", "rises_by", "falls_by"} & set(limits):
            raise UsageError("Name a rule, or a --metric with a limit such as --above. Nothing was done.")
        kind = "change" if {"rises_by", "falls_by"} & set(limits) else "threshold"
        return AlertRule(f"what if {metric}", kind, metric, "medium", limits, ())
    # The rule's own limit gives way to another on either side.
    own = dict(rule.parameters)
    if {"above", "below"} & set(limits):
        own = {key: value for key, value in own.items() if key not in {"above", "below"}}
    if {"rises_by", "falls_by"} & set(limits):
        own = {key: value for key, value in own.items() if key not in {"rises_by", "falls_by", "rises_less_than"}}
    changed = replace(rule, parameters={**own, **limits}, metric=metric or rule.metric)
    if changed.kind == "threshold" and {"above", "below"} & set(limits) and changed.metric is None:
        raise UsageError(f"{rule.rule} looks at many metrics; say with --metric which one the limit is for.")
    return changed


def _me() -> Actor:
    return Actor("person", getpass.getuser())


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, default=str, ensure_ascii=False, indent=2))
