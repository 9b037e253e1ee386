"""What a person may write into a review, and what it must satisfy; the same whether it comes from a file or a page."""

from datetime import date, time
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from warehouse.config_section import Section
from warehouse.delivery_rules import Mail

Category = Literal["equipment_refresh", "safety_training", "optimization"]
Status = Literal["proposed", "accepted", "declined"]
Party = Literal["company", "customer"]
TOPICS = ("manufacturer_news", "industry_trend", "electrification", "automation", "safety_compliance")


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"must be a day such as 2026-06-30; '{value}' is not") from None


def _minute(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        found = time.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo or found.second or found.microsecond:
        raise ValueError(f"must be a time of day such as 10:30; '{value}' is not")
    return found


def _none_if_left_empty(value: Any) -> Any:
    return () if value is None else value


Day = Annotated[date, BeforeValidator(_day)]
Minute = Annotated[time, BeforeValidator(_minute)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Deed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Priority(Section):
    """What matters to the client now."""

    title: Title
    description: Prose | None = None


class Recommendation(Section):
    """Advice: typed in full, or by a rule, of which a person decides the status alone."""

    rule: str | None = None
    category: Category | None = None
    title: Title | None = None
    description: Prose | None = None
    estimated_impact: Short | None = None
    status: Status = "proposed"

    @model_validator(mode="after")
    def _by_a_rule_or_typed(self) -> Self:
        typed = (self.category, self.title, self.description, self.estimated_impact)
        if self.rule and any(typed):
            raise ValueError(
                "must have rule and status alone, as the rule writes the rest; decline it and type one of your own to "
                "word it otherwise"
            )
        if not self.rule and not (self.category and self.title):
            raise ValueError("must have a category and a title, or the name of a rule")
        return self


class Action(Section):
    """What somebody promised to do. One that carries an `id` is changed, one without is new."""

    id: Annotated[int, Field(gt=0)] | None = None
    party: Party
    description: Deed
    owner: Short | None = None
    due: Day | None = None
    done: Day | None = None


class NextMeeting(Section):
    """When the next review takes place."""

    date: Day | None = None
    time: Minute | None = None

    @model_validator(mode="after")
    def _a_time_is_of_a_day(self) -> Self:
        if self.time is not None and self.date is None:
            raise ValueError("must have a date when it has a time")
        return self


class AccountManager(Section):
    """Whom the client calls."""

    name: Short | None = None
    email: Mail | None = None
    phone: Short | None = None


class Insights(Section):
    """What is said of the trade, as typed."""

    manufacturer_news: Prose | None = None
    industry_trend: Prose | None = None
    electrification: Prose | None = None
    automation: Prose | None = None
    safety_compliance: Prose | None = None


class Review(Section):
    """All of a review that a person writes. `session`, `client` and `quarter` say which, `version` on what it rests."""

    session: str
    version: Annotated[int, Field(gt=0)]
    client: str
    quarter: str
    meeting_date: Day | None = None
    next_meeting: NextMeeting = NextMeeting()
    account_manager: AccountManager = AccountManager()
    notes: Prose | None = None
    priorities: Annotated[tuple[Priority, ...], BeforeValidator(_none_if_left_empty), Field(max_length=3)] = ()
    recommendations: Annotated[tuple[Recommendation, ...], BeforeValidator(_none_if_left_empty)] = ()
    actions: Annotated[tuple[Action, ...], BeforeValidator(_none_if_left_empty)] = ()
    insights: Insights = Insights()

    @model_validator(mode="before")
    @classmethod
    def _an_empty_section_means_the_defaults(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _nothing_stands_twice(self) -> Self:
        _must_differ("recommendations", [one.rule for one in self.recommendations if one.rule])
        _must_differ("actions", [str(one.id) for one in self.actions if one.id])
        _must_differ("actions", [f"{one.party}: {one.description}" for one in self.actions])
        return self


def _must_differ(section: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"has '{name}' twice under {section}")
