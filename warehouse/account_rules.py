"""How ledger accounts map to metrics: the section `accounts` of an organization's file."""

import re
from typing import Literal, Self

from pydantic import field_validator as check
from pydantic import model_validator

from warehouse.config_section import Section, Text

AccountMetric = Literal[
    "nrr",
    "mrr",
    "orr",
    "misc_revenue",
    "product_cogs",
    "payroll_total",
    "uncategorized_expenses",
    "product_sales",
    "other_expenses",
    "ignored",
]
MatchType = Literal["id", "exact", "contains", "regex", "children"]


class AccountRule(Section):
    """Accounts that feed a metric: by QuickBooks id, name, part of the name, regular expression, or parent account."""

    metric: AccountMetric
    match: MatchType
    pattern: Text

    @model_validator(mode="after")
    def _is_a_regular_expression(self) -> Self:
        if self.match == "regex":
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"must be a regular expression; '{self.pattern}' is not one: {error}") from error
        return self

    def hides(self, later: "AccountRule") -> bool:
        """Whether everything the later rule could name is taken by this one, as far as the patterns alone tell."""
        mine, theirs = self.pattern.casefold(), later.pattern.casefold()
        if self.match == later.match and mine == theirs:
            return True
        if later.match == "exact" and self.match == "regex":
            return re.search(self.pattern, later.pattern, re.IGNORECASE) is not None
        return self.match == "contains" and later.match in ("exact", "contains") and mine in theirs


class Accounts(Section):
    """How the profit and loss report's accounts map to metrics; the first rule that fits an account decides."""

    rules: tuple[AccountRule, ...] = ()
    posted_by_quickbooks: tuple[Text, ...] = ()

    @check("rules")
    @classmethod
    def _most_specific_first(cls, rules: tuple[AccountRule, ...]) -> tuple[AccountRule, ...]:
        for index, rule in enumerate(rules):
            for number, earlier in enumerate(rules[:index], start=1):
                if earlier.hides(rule):
                    raise ValueError(
                        f"must stand most specific first: rule {index + 1} ({rule.match} '{rule.pattern}') can never "
                        f"apply, because rule {number} ({earlier.match} '{earlier.pattern}') takes its accounts"
                    )
        return rules
