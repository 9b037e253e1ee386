"""Figures of a dealer's customer from the rows that a review rests on: of the marts now, or kept when it was closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from reports.views.figures import Figure, Receipt

Facts = Mapping[str, Any]


class _Known(NamedTuple):
    metric: str
    label: str
    unit: str
    reason: str
    """The column that says why there is no value."""


_FLEET = {
    "fct_fleet_overview.units": _Known("fleet_total_units", "Machines", "count", "reason"),
    "fct_fleet_overview.units_owned": _Known("fleet_owned_units", "Owned", "count", "reason"),
    "fct_fleet_overview.units_leased": _Known("fleet_leased_units", "Leased", "count", "reason"),
    "fct_fleet_overview.units_rented": _Known("fleet_rented_units", "Rented", "count", "reason"),
    "fct_fleet_overview.units_ownership_unknown": _Known(
        "fleet_units_ownership_unknown", "Ownership not known", "count", "reason"
    ),
    "fct_fleet_mix.units": _Known("fleet_units_by_type", "Machines", "count", "reason"),
    "fct_fleet_mix.share": _Known("fleet_share_by_type", "Share", "fraction", "reason"),
    "fct_fleet_health.units_good": _Known("fleet_good_units", "Good", "count", "condition_reason"),
    "fct_fleet_health.units_monitor": _Known("fleet_monitor_units", "Monitor", "count", "condition_reason"),
    "fct_fleet_health.units_replace": _Known("fleet_replace_units", "Replace", "count", "condition_reason"),
    "fct_fleet_health.units_not_assessed": _Known(
        "fleet_not_assessed_units", "Not assessed", "count", "condition_reason"
    ),
    "fct_fleet_health.attention_annual_cost": _Known(
        "fleet_attention_annual_cost", "Yearly upkeep of machines to watch or replace", "usd", "attention_cost_reason"
    ),
    "fct_fleet_health.average_age_years": _Known("fleet_average_age", "Average age", "years", "average_age_reason"),
    "fct_fleet_health.units_age_0_to_2": _Known("fleet_age_0_2", "0 to 2 years", "count", "reason"),
    "fct_fleet_health.units_age_3_to_5": _Known("fleet_age_3_5", "3 to 5 years", "count", "reason"),
    "fct_fleet_health.units_age_6_to_8": _Known("fleet_age_6_8", "6 to 8 years", "count", "reason"),
    "fct_fleet_health.units_age_9_to_11": _Known("fleet_age_9_11", "9 to 11 years", "count", "reason"),
    "fct_fleet_health.units_age_12_and_more": _Known("fleet_age_12_plus", "12 years and more", "count", "reason"),
    "fct_fleet_health.units_age_unknown": _Known("fleet_age_unknown", "Age not known", "count", "reason"),
    "fct_fleet_units.age_years": _Known("fleet_unit_age", "Age", "years", "reason"),
    "fct_fleet_units.annual_maintenance_cost": _Known("fleet_unit_annual_cost", "Yearly upkeep", "usd", "reason"),
}
_SERVICE = {
    "fct_service_performance.service_calls": _Known("service_calls", "Service calls", "count", "reason"),
    "fct_service_performance.planned_completion_rate": _Known(
        "pm_completion_rate", "Planned maintenance completed", "fraction", "planned_completion_reason"
    ),
    "fct_service_performance.average_response_hours": _Known(
        "average_response_hours", "Average response", "hours", "average_response_reason"
    ),
    "fct_service_performance.first_time_fix_rate": _Known(
        "first_time_fix_rate", "Fixed at the first visit", "fraction", "first_time_fix_reason"
    ),
    "fct_service_performance.share_planned": _Known(
        "service_share_planned", "Planned maintenance", "fraction", "reason"
    ),
    "fct_service_performance.share_unplanned": _Known(
        "service_share_unplanned", "Unplanned repairs", "fraction", "reason"
    ),
    "fct_service_performance.share_damage": _Known("service_share_damage", "Damage", "fraction", "reason"),
    "fct_service_performance.share_other": _Known("service_share_other", "Other", "fraction", "reason"),
    "fct_service_calls_monthly.service_calls": _Known("service_calls_per_month", "Service calls", "count", "reason"),
    "fct_service_costs.total_spend": _Known("total_service_spend", "Total service spend", "usd", "reason"),
    "fct_service_costs.planned_cost": _Known("planned_maintenance_cost", "Planned maintenance", "usd", "reason"),
    "fct_service_costs.planned_orders": _Known("service_planned_orders", "services", "count", "reason"),
    "fct_service_costs.unplanned_cost": _Known("unplanned_repair_cost", "Unplanned repairs", "usd", "reason"),
    "fct_service_costs.unplanned_orders": _Known("service_unplanned_orders", "repairs", "count", "reason"),
    "fct_service_costs.damage_cost": _Known("damage_cost", "Damage and accidents", "usd", "reason"),
    "fct_service_costs.damage_orders": _Known("service_damage_orders", "incidents", "count", "reason"),
    "fct_service_costs.other_cost": _Known("other_service_cost", "Other service", "usd", "reason"),
    "fct_service_costs.other_orders": _Known("service_other_orders", "orders", "count", "reason"),
    "fct_service_costs.cost_per_unit": _Known("cost_per_unit", "Cost a machine", "usd", "cost_per_unit_reason"),
    "fct_fleet_spend_trends.planned_cost": _Known("trend.planned_cost", "Planned", "usd", "service_reason"),
    "fct_fleet_spend_trends.unplanned_cost": _Known("trend.unplanned_cost", "Unplanned", "usd", "service_reason"),
    "fct_fleet_spend_trends.damage_cost": _Known("trend.damage_cost", "Damage", "usd", "service_reason"),
    "fct_fleet_spend_trends.other_cost": _Known("trend.other_cost", "Other", "usd", "service_reason"),
}
_SPEND = {
    "fct_parts_and_rentals.parts_orders": _Known("parts_orders", "Parts orders", "count", "parts_reason"),
    "fct_parts_and_rentals.parts_spend": _Known("parts_spend", "Parts spend", "usd", "parts_spend_reason"),
    "fct_parts_and_rentals.parts_over_the_counter": _Known(
        "parts_over_the_counter", "Parts over the counter", "usd", "parts_over_the_counter_reason"
    ),
    "fct_parts_and_rentals.active_rentals": _Known("active_rentals", "Active rentals", "count", "rentals_reason"),
    "fct_parts_and_rentals.rental_days": _Known("rental_days", "Rental days", "days", "rentals_reason"),
    "fct_parts_and_rentals.rental_spend": _Known("rental_spend", "Rental spend", "usd", "rental_spend_reason"),
    "fct_parts_categories.spend": _Known("parts_category_spend", "Spend", "usd", "reason"),
    "fct_rental_months.rental_days": _Known("rental_days_monthly", "Rental days", "days", "reason"),
    "fct_value_delivered.service_and_labor_spend": _Known(
        "value_service_and_labor", "Service and labor", "usd", "service_and_labor_spend_reason"
    ),
    "fct_value_delivered.parts_spend": _Known("value_parts", "Parts", "usd", "parts_spend_reason"),
    "fct_value_delivered.rental_spend": _Known("value_rentals", "Rentals", "usd", "rental_spend_reason"),
    "fct_value_delivered.total_spend": _Known("total_spend", "Total spend", "usd", "total_spend_reason"),
    "fct_value_delivered.estimated_savings": _Known(
        "estimated_savings", "Estimated savings", "usd", "estimated_savings_reason"
    ),
    "fct_value_delivered.uptime": _Known("fleet_uptime", "Uptime achieved", "fraction", "uptime_reason"),
    "fct_value_delivered.downtime_hours_avoided": _Known(
        "downtime_hours_avoided", "Downtime avoided", "hours", "downtime_avoided_reason"
    ),
    "fct_fleet_spend_trends.service_and_labor_spend": _Known(
        "trend.service_and_labor_spend", "Service and labor", "usd", "split_reason"
    ),
    "fct_fleet_spend_trends.parts_spend": _Known("trend.parts_spend", "Parts", "usd", "split_reason"),
    "fct_fleet_spend_trends.rental_spend": _Known("trend.rental_spend", "Rentals", "usd", "total_reason"),
}
_READ_WITH = {
    "fct_fleet_mix": "fct_fleet_overview",
    "fct_fleet_units": "fct_fleet_overview",
    "fct_fleet_spend_trends": "fct_service_costs",
    "fct_parts_categories": "fct_parts_and_rentals",
}
"""Marts that do not say how fresh they are, and one that is made of the same records and does."""
_KNOWN: dict[str, _Known] = {**_FLEET, **_SERVICE, **_SPEND}


@dataclass(frozen=True, slots=True)
class Rows:
    """Mart to rows of one client's quarter, and what stands in them as figures."""

    marts: Mapping[str, Sequence[Facts]]
    quarter: str
    client_id: str
    kept_in: str | None = None
    """The finalised review that holds the rows; None for the marts as they are now."""

    def _freshest(self, mart: str | None) -> Any:
        """When the newest record behind another mart of the same records was read."""
        told = [row["freshest_at"] for row in self.of(mart or "") if row.get("freshest_at")]
        return max(told, default=None)

    def of(self, mart: str) -> Sequence[Facts]:
        """All rows of a mart."""
        return self.marts.get(mart, ())

    def figure(
        self, name: str, row: Facts | None = None, *, of: str | None = None, period: str | None = None
    ) -> Figure:
        """The figure in a mart's column, `fct_fleet_mix.units`, of its only row or of `row`.

        `of` tells figures of one column apart (a kind of machine, a category); it is then the label too.
        """
        mart, column = name.split(".")
        known = _KNOWN[name]
        rows = self.of(mart)
        given = row if row is not None else rows[0] if rows else None
        value = None if given is None else given.get(column)
        reason = None
        if value is None:
            said = None if given is None else given.get(known.reason) or given.get("reason")
            reason = said or (
                f"Nothing of this was computed for {self.quarter}."
                if given is None
                else "Nobody entered it."
                if mart == "fct_fleet_units"
                else "The dealer's system does not tell."
            )
        freshest = None if given is None else given.get("freshest_at") or self._freshest(_READ_WITH.get(mart))
        return Figure(
            metric=f"{known.metric}.{of}" if of else known.metric,
            label=of or known.label,
            period=period or self.quarter,
            value=None if value is None else Decimal(value),
            unit=known.unit,
            receipt=Receipt(
                model=f"marts.{mart}",
                column=column,
                source="opsdb",
                freshest_at=None if freshest is None else datetime.fromisoformat(str(freshest)).astimezone(UTC),
                note=f"as kept with {self.kept_in}" if self.kept_in else None,
            ),
            reason=reason,
            client_id=self.client_id,
        )
