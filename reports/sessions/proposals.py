"""What the rules advise, as proposals: the texts and amounts are the mart's, the decision is a person's."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import Connection

from reports.sessions.reading import Recommendation
from reports.views.query import rows

LONGEST = 255


@dataclass(frozen=True, slots=True)
class Proposal:
    """One rule that applies to the client's quarter; `impact_amount` is in currency units."""

    rule: str
    category: str
    title: str
    description: str | None
    estimated_impact: str | None
    impact_amount: Decimal | None


def proposals(connection: Connection[Any], organization_id: str, client_id: str, quarter: str) -> list[Proposal]:
    """The rules that apply, in the mart's order; none where the marts were never built."""
    try:
        with connection.transaction():
            found = rows(
                connection,
                """
                select rule, category, title, description, impact_basis as estimated_impact, impact_amount
                from marts.fct_recommendations
                where organization_id = %(organization_id)s and client_id = %(client_id)s and quarter = %(quarter)s
                    and is_recommended
                order by position, rule
                """,
                {"organization_id": organization_id, "client_id": client_id, "quarter": quarter},
            )
    except psycopg.errors.UndefinedTable:
        return []
    return [
        Proposal(**{**row, "title": _cut(row["title"]), "estimated_impact": _cut(row["estimated_impact"])})
        for row in found
    ]


def _cut(text: str | None) -> str | None:
    """As much as a review keeps, with a mark where more was said."""
    return text if text is None or len(text) <= LONGEST else f"{text[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def refreshed(
    applying: list[Proposal], standing: tuple[Recommendation, ...], decided: Mapping[str, str]
) -> tuple[list[tuple[Proposal, str]], list[str]]:
    """Proposals with their status, and a sentence for each change that a person should know of.

    `decided` is what a person says now of rules by name; what they do not speak of stays as it stands. A rule that no
    longer applies goes, but for one that was accepted: that stays as it was, for a person to decide.
    """
    before = {one.rule: one for one in standing if one.rule}
    now = {one.rule: one for one in applying}
    kept, said = [], []
    for rule, proposal in now.items():
        old = before.get(rule)
        status = decided.get(rule, old.status if old else "proposed")
        kept.append((proposal, status))
        if (
            old
            and old.status == "accepted"
            and (old.title, old.impact_amount)
            != (
                proposal.title,
                proposal.impact_amount,
            )
        ):
            said.append(f"The rule {rule} was accepted as '{old.title}'; the figures now make it '{proposal.title}'.")
    for rule, old in before.items():
        if rule in now:
            continue
        status = decided.get(rule, old.status)
        if status == "accepted":
            kept.append((_as_proposal(old), status))
            said.append(f"The rule {rule} was accepted and no longer applies to the figures: decline it.")
        elif rule in decided:
            said.append(f"The rule {rule} no longer applies to the figures and was taken out.")
    unknown = sorted(set(decided) - set(now) - set(before))
    said += [f"No rule {rule} applies to the figures, so it was left out." for rule in unknown]
    return kept, said


def no_longer_applying(applying: list[Proposal], standing: tuple[Recommendation, ...]) -> list[str]:
    """Rules that a person accepted and the figures no longer bear out."""
    rules = {one.rule for one in applying}
    return [one.rule for one in standing if one.rule and one.rule not in rules and one.status == "accepted"]


def _as_proposal(old: Recommendation) -> Proposal:
    return Proposal(
        rule=old.rule or "",
        category=old.category,
        title=old.title,
        description=old.description,
        estimated_impact=old.estimated_impact,
        impact_amount=old.impact_amount,
    )
