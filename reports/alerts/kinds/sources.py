"""Rules over sources: a read that failed, one that is too long ago, a sign-in that will lapse."""

from datetime import timedelta
from decimal import Decimal

from reports.alerts.conditions import Condition, Judgement
from reports.alerts.situation import Situation
from reports.views.quality import StreamFreshness
from reports.views.watching import AlertRule

DEFAULT_STALE_AFTER = Decimal(26)
"""Hours: a daily run that came two hours late is not yet stale."""


def failed(_rule: AlertRule, situation: Situation) -> Judgement:
    """Sources of which a stream's last read ended with an error."""
    conditions = []
    for source, streams in _by_source(situation).items():
        broken = [stream for stream in streams if stream.last_outcome == "failed"]
        if broken:
            first = next((stream.last_error for stream in broken if stream.last_error), "no error was recorded")
            names = ", ".join(stream.stream for stream in broken)
            conditions.append(
                Condition(
                    scope=source,
                    message=f"The last read of {source} failed for {names}: {first}",
                    next_action=f"Run qbr doctor, mend what it names, then qbr extract {source}.",
                    runbook="docs/runbooks/sources.md#source-failed",
                    value=Decimal(len(broken)),
                    threshold=Decimal(0),
                )
            )
    return Judgement(conditions)


def stale(rule: AlertRule, situation: Situation) -> Judgement:
    """Sources in use that were not read to the end for longer than `after_hours`, or never."""
    hours = rule.number("after_hours") or DEFAULT_STALE_AFTER
    limit = timedelta(hours=float(hours))
    by_source, conditions = _by_source(situation), []
    for source in sorted(situation.organization.enabled_sources):
        streams = by_source.get(source, [])
        never = [stream.stream for stream in streams if stream.completed_as_of is None]
        ages = {
            stream.stream: situation.as_of - stream.completed_as_of
            for stream in streams
            if stream.completed_as_of is not None
        }
        late = sorted(name for name, age in ages.items() if age > limit)
        if not streams or never:
            what = f"{source} was never read completely" + (f": {', '.join(sorted(never))}" if never else "")
            age_in_hours = None
        elif late:
            age_in_hours = Decimal(int(max(ages.values()).total_seconds() // 3600))
            what = f"{source} was last read completely {age_in_hours} hours ago ({', '.join(late)})"
        else:
            continue
        conditions.append(
            Condition(
                scope=source,
                message=f"{what}; it should be read every {hours.normalize():f} hours",
                next_action=f"See whether the schedule runs (qbr doctor), then qbr extract {source}.",
                runbook="docs/runbooks/sources.md#source-stale",
                value=age_in_hours,
                threshold=hours,
            )
        )
    return Judgement(conditions)


def token_expiry(rule: AlertRule, situation: Situation) -> Judgement:
    """Sign-ins that lapse soon because nobody has renewed them, or whose renewal was refused."""
    within, lives = (timedelta(days=rule.parameters[key]) for key in ("within_days", "lives_days"))
    in_use = [one for one in situation.sign_ins if one.source in situation.organization.enabled_sources]
    if not in_use:
        return Judgement(waits_for="nobody has signed in to QuickBooks yet (qbr connect quickbooks)")
    conditions = []
    for sign_in in in_use:
        left = sign_in.renewed_at + lives - situation.as_of
        refused = next(
            (
                stream.last_error
                for stream in _by_source(situation).get(sign_in.source, [])
                if stream.last_outcome == "failed" and "refresh token" in (stream.last_error or "")
            ),
            None,
        )
        if refused is None and left > within:
            continue
        days = Decimal(max(left.days, 0))
        told = f"the last renewal was refused: {refused}" if refused else f"the sign-in lapses in {days} days"
        conditions.append(
            Condition(
                scope=sign_in.source,
                message=f"{sign_in.source}: {told}. It was last renewed on {sign_in.renewed_at:%Y-%m-%d}",
                next_action=f"Sign in again with qbr connect {sign_in.source}.",
                runbook="docs/runbooks/sources.md#sign-in-lapses",
                value=days,
                threshold=Decimal(within.days),
            )
        )
    return Judgement(conditions)


def _by_source(situation: Situation) -> dict[str, list[StreamFreshness]]:
    """Streams of the sources in use; one that was turned off is nobody's worry."""
    streams: dict[str, list[StreamFreshness]] = {}
    for stream in situation.streams:
        if stream.source in situation.organization.enabled_sources:
            streams.setdefault(stream.source, []).append(stream)
    return streams
