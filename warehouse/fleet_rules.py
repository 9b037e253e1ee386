"""The rules of an equipment dealer: what the codes of its system mean, and the few figures that are agreed on."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from warehouse.config_section import Section, Texts

Share = Annotated[Decimal, Field(ge=0, le=1)]


class Fleet(Section):
    """Codes of the dealer's system, compared without regard to case, and the settings of its figures."""

    planned_order_types: Texts = ("PM", "planned maintenance")
    repair_order_types: Texts = ("repair",)
    damage_order_types: Texts = ("damage", "accident")
    rental_order_types: Texts = ("rental",)
    completed_statuses: Texts = ("completed", "closed", "invoiced")
    void_statuses: Texts = ("void", "cancelled", "canceled")
    owned: Texts = ("owned",)
    leased: Texts = ("leased",)
    rented: Texts = ("rented",)
    good: Texts = ("good",)
    monitor: Texts = ("monitor",)
    replace: Texts = ("replace",)
    scheduled_hours_per_quarter: Annotated[Decimal, Field(gt=0, le=2208)] = Decimal(520)
    savings_rate: Share = Decimal(0)
    repair_reduction_rate: Share = Decimal(0)

    @model_validator(mode="after")
    def _a_code_means_one_thing(self) -> "Fleet":
        for names in _MEANINGS:
            owner: dict[str, str] = {}
            for name in names:
                for code in getattr(self, name):
                    if (other := owner.setdefault(code.casefold(), name)) != name:
                        raise ValueError(f"must give each code one meaning; '{code}' stands under {other} and {name}")
        return self


_MEANINGS = (
    ("planned_order_types", "repair_order_types", "damage_order_types", "rental_order_types"),
    ("completed_statuses", "void_statuses"),
    ("owned", "leased", "rented"),
    ("good", "monitor", "replace"),
)
"""Keys of which each code may stand under one only."""


def fleet_codes(fleet: Fleet) -> dict[str, Sequence[str]]:
    """Rule to the codes that mean it, as rows of `app.rule_values`."""
    return {f"fleet_{name}": getattr(fleet, name) for names in _MEANINGS for name in names}


def fleet_settings(fleet: Fleet) -> dict[str, Any]:
    """Setting to value, as rows of `app.settings`."""
    names = ("scheduled_hours_per_quarter", "savings_rate", "repair_reduction_rate")
    return {f"fleet_{name}": str(getattr(fleet, name)) for name in names}
