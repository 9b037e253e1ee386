"""What organizations, clients, months and sources must be before anything is told about them."""

from __future__ import annotations

from expectations.suite import Suite, filled, nothing_found

SUITES = (
    Suite(
        "plausible_organization",
        ("marts", "dim_organizations"),
        "The organization has a currency, and its history begins before it ends.",
        """
        select nullif(currency, '') as currency,
            case when history_start > current_period then concat('begins in ', history_start) end as finding
        from marts.dim_organizations
        where organization_id = {organization_id}
        """,
        (
            filled("currency", "error", "Sums of money without a currency cannot be presented."),
            nothing_found("error", "The history of the organization begins after its current month."),
        ),
    ),
    Suite(
        "named_clients",
        ("marts", "dim_clients"),
        "Every client has a name to be called by.",
        """
        select nullif(btrim(name), '') as name
        from marts.dim_clients
        where organization_id = {organization_id}
        """,
        (filled("name", "error", "A client without a name would get a deck without a title."),),
    ),
    Suite(
        "unbroken_months",
        ("marts", "dim_periods"),
        "Months follow each other without a gap, and one of them is running.",
        """
        select case when begins.before is not null and begins.before <> begins.starts_at then period end as finding,
            case when count(*) filter (where is_current) over () <> 1 then period end as running
        from (
            select period, starts_at, is_current, lag(ends_at) over (order by starts_at) as before
            from marts.dim_periods
            where organization_id = {organization_id}
        ) as begins
        """,
        (
            nothing_found("error", "A month does not begin where the one before it ends."),
            nothing_found("error", "Not exactly one month is the running one.", column="running"),
        ),
    ),
    Suite(
        "read_in_time",
        ("marts", "fct_source_freshness"),
        "No stream is known for an instant that has not come yet.",
        """
        select concat(freshness.source, ' ', freshness.stream) as finding
        from marts.fct_source_freshness as freshness
        inner join marts.dim_organizations as organizations
            on organizations.organization_id = freshness.organization_id
        where freshness.organization_id = {organization_id}
            and freshness.completed_as_of > organizations.as_of + interval '1 day'
        """,
        (
            nothing_found(
                "warning",
                "A stream was read for a later instant than figures are made for; they may hold more than they say.",
            ),
        ),
    ),
)
