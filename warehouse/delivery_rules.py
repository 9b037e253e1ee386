"""How an organization's decks look and where its alerts go: the sections `brand` and `delivery` of its file."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from warehouse.config_section import Section, Text, listed, written_like
from warehouse.review_wording import ReviewWording

Severity = Literal["critical", "high", "medium", "low"]
Area = Literal["finance", "operations", "customers", "product", "data", "platform"]
Channel = Literal["email", "chat_webhook", "slack", "teams", "webhook", "apprise", "file"]
Colour = Annotated[str, written_like(r"#[0-9A-Fa-f]{6}", '"#16324F", in quotes')]
TimeOfDay = Annotated[str, written_like(r"([01][0-9]|2[0-3]):[0-5][0-9]", "20:30")]
BrandFile = Annotated[str, written_like(r"(?!/)(?!.*\.\.)[^\\]+\.(png|jpe?g|pptx)", "brands/logo.png, below config/")]
Mail = Annotated[str, written_like(r"[^@\s,]+@[^@\s,]+", "someone@example.com")]
Severities = Annotated[tuple[Severity, ...], BeforeValidator(listed)]
Channels = Annotated[tuple[Channel, ...], BeforeValidator(listed)]
Mails = Annotated[tuple[Mail, ...], BeforeValidator(listed)]


class Brand(Section):
    """How decks and pages look."""

    primary_color: Colour = "#16324F"
    accent_color: Colour = "#1F7A8C"
    text_color: Colour = "#1B2430"
    font: Text = "Arial"
    heading_font: Text | None = None
    footer: str = ""
    paper: Literal["widescreen", "a4", "letter"] = "widescreen"
    logo: BrandFile | None = None
    template: BrandFile | None = None
    wording: dict[Text, dict[Text, Text]] = Field(default_factory=dict)
    """For each deck: words of its own by the slide's name, and `title` and `subject`."""
    review: ReviewWording = ReviewWording()


class Email(Section):
    """Alert mail; the server is a setting of the installation (QBR_SMTP_...)."""

    is_enabled: bool = True
    recipients: Mails = ()


class ReportMail(Section):
    """Who gets a report by mail; without any, those who get alerts, but for the report to investors: nobody then."""

    is_enabled: bool = True
    recipients: Annotated[tuple[Mail, ...], BeforeValidator(listed)] = ()


class QuietHours(Section):
    """Hours of the organization's zone in which only critical alerts are sent; the others wait."""

    start: TimeOfDay
    end: TimeOfDay


class Route(Section):
    """Alerts of these severities and areas (all where none are named) go to these channels and people."""

    severities: Severities = ()
    areas: Annotated[tuple[Area, ...], BeforeValidator(listed)] = ()
    channels: Channels
    recipients: Mails = ()


def _waits_for_nothing(severities: tuple[Severity, ...]) -> tuple[Severity, ...]:
    if "critical" in severities:
        raise ValueError("must leave out critical: what is critical goes at once")
    return severities


def _can_gather(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    if "slack" in channels:
        raise ValueError("must leave out slack: its bot keeps one message an alert, and can bring no digest")
    return channels


class Digest(Section):
    """Alerts that are no emergency, gathered into one message at these times of the organization's zone."""

    at: Annotated[tuple[TimeOfDay, ...], BeforeValidator(listed)] = ("08:00", "16:00")
    severities: Annotated[Severities, AfterValidator(_waits_for_nothing)] = ("high", "medium", "low")
    channels: Annotated[Channels, AfterValidator(_can_gather)] = ("email", "chat_webhook", "teams", "apprise")


class Escalation(Section):
    """Whom an alert goes to besides when nobody has acknowledged it for so long."""

    after_minutes: Annotated[int, Field(gt=0, le=10080)]
    severities: Severities = ("critical", "high")
    channels: Channels = ("email",)
    recipients: Mails = ()


class Delivery(Section):
    """Where alerts go; chat addresses and mail servers are settings of the installation, not of this file."""

    email: Email = Email()
    chat_webhook: bool = True
    slack_channel: Text | None = None
    channels: Channels = ("email", "chat_webhook", "file")
    routes: tuple[Route, ...] = ()
    digest: Digest = Digest()
    escalation: tuple[Escalation, ...] = ()
    quiet_hours: QuietHours | None = None
    investor_report: ReportMail = ReportMail()
    data_quality_report: ReportMail = ReportMail()


class Retention(Section):
    """Days that finished files are kept; decks, and what is frozen, are kept for ever."""

    exports_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    snapshot_files_days: Annotated[int, Field(ge=1, le=36_500)] = 1096
    data_quality_reports_days: Annotated[int, Field(ge=1, le=36_500)] = 400
