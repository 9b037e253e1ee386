"""How a value reads in the organization's locale, currency and zone.

Only wording of numbers, dates and periods belongs here. Values arrive as ``Decimal`` and are rounded once, half to
even; a missing value is said in words, never printed as zero.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol

NO_DATA = "No data"
NO_CHANGE = "no change"
MINUS = "\N{MINUS SIGN}"


def rounded(value: Decimal, places: int) -> Decimal:
    """`value` with `places` decimals, half to even."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Formats:
    """Locale (``en_US`` or ``en-US``), ISO 4217 currency and IANA zone of one organization."""

    locale: str = "en_US"
    currency: str = "USD"
    time_zone: str = "UTC"

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.locale.replace("-", "_"))

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def number(self, value: Decimal | int, places: int = 0) -> str:
        """A plain number with the locale's separators."""
        amount = rounded(Decimal(value), places)
        return self._sign(format_decimal(amount, format=f"#,##0{_decimals(places)}", locale=self._locale))

    def money(self, value: Decimal, places: int | None = None) -> str:
        """An amount in the organization's currency: whole units from a thousand on, else two decimals."""
        if places is None:
            places = 0 if abs(value) >= 1000 else 2
        pattern = self._currency_pattern(places)
        text = format_currency(
            rounded(value, places), self.currency, format=pattern, locale=self._locale, currency_digits=False
        )
        return self._sign(text)

    def percent(self, value: Decimal, places: int = 1) -> str:
        """A fraction shown as percent; 0.125 reads 12.5 %."""
        amount = rounded(value * 100, places) / 100
        pattern = self._locale.percent_formats[None].pattern.replace("#,##0", f"#,##0{_decimals(places)}")
        return self._sign(format_percent(amount, format=pattern, locale=self._locale, decimal_quantization=False))

    def value(self, value: Decimal | None, unit: str, *, places: int | None = None) -> str:
        """Any metric's value by its unit; ``No data`` when it is missing."""
        if value is None:
            return NO_DATA
        if unit == "fraction":
            return self.percent(value, 1 if places is None else places)
        if unit == "usd":
            return self.money(value, places)
        if unit in {"count", "fte"}:
            whole = value == value.to_integral_value()
            return self.number(value, (0 if whole else 1) if places is None else places)
        return self.number(value, 2 if places is None else places)

    def with_unit(self, value: Decimal | None, unit: str, *, places: int | None = None) -> str:
        """As `value`, followed by the unit where the number alone does not show it."""
        text = self.value(value, unit, places=places)
        word = {"hours": " h", "tickets": "", "months": " months", "ratio": ""}.get(unit, "")
        return text if value is None else text + word

    def signed(self, value: Decimal, unit: str, *, places: int | None = None) -> str:
        """A difference with its sign; a change of a share is said in percentage points; zero once rounded says so."""
        amount = abs(value) * 100 if unit == "fraction" else abs(value)
        text = self.points(amount, places) if unit == "fraction" else self.value(amount, unit, places=places)
        if not any(digit in text for digit in "123456789"):
            return NO_CHANGE
        return ("+" if value > 0 else MINUS) + text

    def points(self, value: Decimal, places: int | None = None) -> str:
        """Percentage points, `value` already in hundredths."""
        return f"{self.number(value, 1 if places is None else places)} pts"

    def excel(self, unit: str, places: int | None = None) -> str:
        """The number format of a chart axis or label for this unit."""
        if unit == "fraction":
            return "0%" if not places else f"0.{'0' * places}%"
        if unit == "usd":
            symbol = get_currency_symbol(self.currency, locale=self._locale)
            number = "#,##0" + _decimals(places or 0)
            before = self._locale.currency_formats["standard"].pattern.startswith("\xa4")
            return f'"{symbol}"{number}' if before else f'{number}" {symbol}"'
        return "#,##0" + _decimals(places or 0)

    def month(self, period: str) -> str:
        """``2026-06`` as the locale's short month and year."""
        return format_date(_first_day(period), "MMM yyyy", locale=self._locale)

    def month_tick(self, period: str) -> str:
        """``2026-06`` short enough for a chart axis of thirteen months."""
        return format_date(_first_day(period), "MMM yy", locale=self._locale)

    def quarter(self, quarter: str) -> str:
        """``2026-Q2`` as people say it: ``Q2 2026``."""
        year, number = quarter.split("-")
        return f"{number} {year}"

    def period(self, period: str) -> str:
        """A month or a quarter, whichever it is."""
        return self.quarter(period) if "Q" in period else self.month(period)

    def day(self, day: date) -> str:
        """A calendar day in the locale's medium form."""
        return format_date(day, "medium", locale=self._locale)

    def time(self, moment: time) -> str:
        """A time of day in the locale's short form."""
        return str(format_time(moment, "short", locale=self._locale)).replace("\u202f", " ").replace("\xa0", " ")

    def instant(self, instant: datetime | None) -> str:
        """An instant in the organization's zone, to the minute."""
        if instant is None:
            return "never"
        return str(format_datetime(instant, "d MMM yyyy HH:mm", tzinfo=self._zone, locale=self._locale))

    def _currency_pattern(self, places: int) -> str:
        pattern: str = self._locale.currency_formats["standard"].pattern
        return pattern.replace("#,##0.00", "#,##0" + _decimals(places))

    @staticmethod
    def _sign(text: str) -> str:
        return text.replace("-", MINUS).replace("\xa0", " ").replace("\u202f", " ")


def utc(instant: datetime | None) -> str:
    """An instant as receipts write it: ISO 8601, UTC, whole seconds; ``unknown`` when there is none."""
    if instant is None:
        return "unknown"
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def plain(value: Decimal | None) -> str:
    """A value as receipts and workbooks write it: all stored digits, no exponent, no separators."""
    return NO_DATA.lower() if value is None else format(value, "f")


def _decimals(places: int) -> str:
    return f".{'0' * places}" if places else ""


def _first_day(period: str) -> date:
    year, month = period.split("-")
    return date(int(year), int(month), 1)
