"""What `config/<organization>.yml` may say: every key, its default, and what it must satisfy.

Models only: reading the file is `organizations.py`, what the keys mean to a person is `docs/configuration.md`.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, Field, model_validator
from pydantic import field_validator as check

from warehouse.account_rules import Accounts
from warehouse.alert_rules import AlertRule, MetricKey, default_alerts
from warehouse.config_section import Section, Text, Texts, written_like
from warehouse.database_mapping import DatabaseOptions
from warehouse.delivery_rules import Brand, Delivery, Retention
from warehouse.device_classes import DEVICE_CLASSES, GUEST_CLASSES, WORKSTATION_CLASSES
from warehouse.export_rules import BY_DEFAULT, Exports
from warehouse.fleet_rules import Fleet
from warehouse.periods import Period, PeriodError, time_zone
from warehouse.source_options import SourceOptions

Source = Literal["ninjaone", "connectwise", "stripe", "quickbooks", "opsdb"]


def _month(text: str) -> str:
    try:
        return str(Period.parse(text))
    except PeriodError as error:
        raise ValueError(f"must be a month such as 2024-01; '{text}' is not") from error


Month = Annotated[str, AfterValidator(_month)]
CurrencyCode = Annotated[str, written_like("[A-Z]{3}", "USD")]
Slug = Annotated[str, written_like(r"[a-z0-9]+(-[a-z0-9]+)*", "northwind-it (small letters, digits, hyphens)")]
Bound = Annotated[Decimal, Field(max_digits=20, decimal_places=4)]


class Sources(Section):
    """The sources in use."""

    ninjaone: SourceOptions | None = None
    connectwise: SourceOptions | None = None
    stripe: SourceOptions | None = None
    quickbooks: SourceOptions | None = None
    opsdb: DatabaseOptions | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_bare_name_means_the_defaults(cls, data: Any) -> Any:
        return {key: {} if value is None else value for key, value in data.items()} if isinstance(data, dict) else data

    @property
    def enabled(self) -> tuple[Source, ...]:
        """Names of the sources to read, in the order they are read."""
        names: tuple[Source, ...] = ("ninjaone", "connectwise", "stripe", "quickbooks", "opsdb")
        return tuple(name for name in names if (options := getattr(self, name)) and options.is_enabled)


class Tickets(Section):
    """Which tickets are reactive service, and when they count as closed."""

    service_boards: Texts = ("Help Desk",)
    closed_statuses: Texts = (">Closed", ">Closed - No response", "Closed")
    parents_only: bool = True


class Devices(Section):
    """Which NinjaOne devices are endpoints, and which of those are seats."""

    excluded_organizations: Texts = ()
    endpoint_excluded_classes: Texts = GUEST_CLASSES
    seat_classes: Texts = WORKSTATION_CLASSES
    spare_words: Texts = ("spare",)

    @check("endpoint_excluded_classes", "seat_classes")
    @classmethod
    def _are_device_classes(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        upper = tuple(name.upper() for name in classes)
        for name in upper:
            if name not in DEVICE_CLASSES:
                raise ValueError(f"must list NinjaOne device classes, one of {', '.join(DEVICE_CLASSES)}; not '{name}'")
        return upper


class Agreements(Section):
    """Which ConnectWise agreements are managed services agreements, and which products are sold a seat at a time."""

    managed_types: Texts = ()
    seat_products: Texts = ()


class Product(Section):
    """What counts in the figures of a software product, in the words of its own database."""

    key_actions: Texts = ("file_upload", "worklog_create", "report_generate")
    succeeded_job_statuses: Texts = ("succeeded", "success", "completed", "done")
    failed_job_statuses: Texts = ("failed", "error")
    probe_interval_minutes: Annotated[int, Field(gt=0, le=1440)] | None = None


class Threshold(Section):
    """Good ranges of one metric, in its own unit (fractions, not percent). A bound left out is open; 0 is a bound."""

    green_min: Bound | None = None
    green_max: Bound | None = None
    yellow_min: Bound | None = None
    yellow_max: Bound | None = None
    red_threshold: Bound | None = None
    notes: str | None = None

    @model_validator(mode="after")
    def _bands_nest(self) -> Self:
        low, high = self.green_min, self.green_max
        if low is None and high is None:
            raise ValueError("must have green_min, green_max or both")
        if low is not None and high is not None and low > high:
            raise ValueError(f"must have green_min at or below green_max; {low} is above {high}")
        if self.yellow_min is not None and (low is None or self.yellow_min > low):
            raise ValueError(
                f"must have a yellow band that contains the green one; yellow_min {self.yellow_min} cuts into it"
            )
        if self.yellow_max is not None and (high is None or self.yellow_max < high):
            raise ValueError(
                f"must have a yellow band that contains the green one; yellow_max {self.yellow_max} cuts into it"
            )
        if self.red_threshold is not None and not self._alarm_is_outside(self.red_threshold):
            raise ValueError(
                f"must have red_threshold above yellow_max or below yellow_min; {self.red_threshold} is neither"
            )
        return self

    def _alarm_is_outside(self, alarm: Decimal) -> bool:
        above = self.yellow_max is not None and alarm > self.yellow_max
        return above or (self.yellow_min is not None and alarm < self.yellow_min)


class Settings(Section):
    """Choices of calculation that the whole organization shares."""

    working_hours_per_month: Annotated[Decimal, Field(gt=0, le=744)] = Decimal(167)
    profit_and_loss_basis: Literal["Accrual", "Cash"] = "Accrual"
    device_snapshot: Literal["in_month", "previous_month"] = "in_month"
    history_start: Month = "2024-01"
    lead_conversion_days: Annotated[int, Field(gt=0, le=366)] = 30
    low_churn_rate: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.02")
    high_churn_rate: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.05")
    low_risk_growth_rate: Annotated[Decimal, Field(ge=0)] = Decimal("0.05")
    strong_growth_rate: Annotated[Decimal, Field(ge=0)] = Decimal("0.10")


class ExchangeRate(Section):
    """What one unit of another currency is worth in the organization's own, from a month on."""

    currency: CurrencyCode
    since: Month
    rate: Annotated[Decimal, Field(gt=0)]


class ClientMapping(Section):
    """One client and the vendor records that are that client, each by the vendor's id or its exact name there."""

    name: Text
    ninjaone: Texts = ()
    connectwise: Texts = ()
    stripe: Texts = ()
    quickbooks: Texts = ()
    opsdb: Texts = ()

    def records(self) -> list[tuple[Source, str]]:
        """Every (source, id or name) of the client."""
        names: tuple[Source, ...] = ("ninjaone", "connectwise", "stripe", "quickbooks", "opsdb")
        return [(source, key) for source in names for key in getattr(self, source)]


class Organization(Section):
    """One organization: its facts and its rules."""

    id: Slug
    name: Text
    alias: int | None = Field(default=None, ge=1)
    time_zone: str
    currency: CurrencyCode = "USD"
    locale: str = "en_US"
    is_active: bool = True
    sources: Sources = Sources()
    tickets: Tickets = Tickets()
    devices: Devices = Devices()
    agreements: Agreements = Agreements()
    product: Product = Product()
    accounts: Accounts = Accounts()
    fleet: Fleet = Fleet()
    thresholds: dict[MetricKey, Threshold] = Field(default_factory=dict)
    alerts: dict[str, AlertRule] = Field(default_factory=dict, validate_default=True)
    settings: Settings = Settings()
    exchange_rates: tuple[ExchangeRate, ...] = ()
    clients: tuple[ClientMapping, ...] = ()
    brand: Brand = Brand()
    delivery: Delivery = Delivery()
    retention: Retention = Retention()
    exports: Exports = BY_DEFAULT

    @property
    def reads_its_database_alone(self) -> bool:
        """True for a dealer or an application: what a service provider's SmartNumbers are made of lies elsewhere."""
        return self.sources.enabled == ("opsdb",)

    @model_validator(mode="before")
    @classmethod
    def _an_empty_section_means_the_defaults(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data

    @check("time_zone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        try:
            return time_zone(name).key
        except PeriodError as error:
            raise ValueError(f"must be an IANA time zone such as America/Chicago; '{name}' is not") from error

    @check("locale")
    @classmethod
    def _is_a_locale(cls, name: str) -> str:
        try:
            return str(Locale.parse(name))
        except (ValueError, UnknownLocaleError) as error:
            raise ValueError(f"must be a locale such as en_US or de_CH; '{name}' is not") from error

    @check("alerts", mode="before")
    @classmethod
    def _over_the_default_rules(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        changed = {
            name: {**default_alerts().get(name, {}), **(rule or {})} if isinstance(rule, dict | None) else rule
            for name, rule in given.items()
        }
        return {**default_alerts(), **changed}

    @check("exchange_rates")
    @classmethod
    def _each_month_has_one_rate(cls, rates: tuple[ExchangeRate, ...]) -> tuple[ExchangeRate, ...]:
        for index, one in enumerate(rates):
            if any((one.currency, one.since) == (other.currency, other.since) for other in rates[:index]):
                raise ValueError(f"must give {one.currency} one rate since {one.since}; it has two")
        return rates

    @check("clients")
    @classmethod
    def _each_record_is_one_client(cls, clients: tuple[ClientMapping, ...]) -> tuple[ClientMapping, ...]:
        names: set[str] = set()
        owner: dict[tuple[str, str], str] = {}
        for client in clients:
            if client.name.casefold() in names:
                raise ValueError(f"must name each client once; '{client.name}' stands twice")
            names.add(client.name.casefold())
            for source, key in client.records():
                if (other := owner.setdefault((source, key), client.name)) != client.name:
                    raise ValueError(
                        f"must map a record to one client; {source} '{key}' is given to '{other}' and '{client.name}'"
                    )
        return clients
