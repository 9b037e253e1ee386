"""What adds up in a dealer's fleet, and what a recommendation must say."""

from __future__ import annotations

from expectations.suite import Suite, filled, nothing_found

SUITES = (
    Suite(
        "fleets_add_up",
        ("marts", "fct_fleet_overview"),
        "Machines owned, leased, rented and of unknown ownership are all machines.",
        """
        select concat(client_id, ' in ', quarter) as finding
        from marts.fct_fleet_overview
        where organization_id = {organization_id}
            and units_owned + units_leased + units_rented + units_ownership_unknown <> units
        """,
        (nothing_found("error", "The kinds of ownership do not come to the number of machines."),),
    ),
    Suite(
        "told_recommendations",
        ("marts", "fct_recommendations"),
        "What is recommended has a title and says why.",
        """
        select case when is_recommended and coalesce(btrim(title), '') = '' then null else 'told' end as title,
            case when is_recommended and coalesce(btrim(description), '') = '' then null else 'told' end as description
        from marts.fct_recommendations
        where organization_id = {organization_id}
        """,
        (
            filled("title", "error", "A recommendation has no title."),
            filled("description", "error", "A recommendation does not say why."),
        ),
    ),
)
