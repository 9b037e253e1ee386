"""What a plausible month and a plausible quarter look like in the marts that decks and alerts read."""

from __future__ import annotations

from expectations.suite import Suite, between, filled, nothing_found

SUITES = (
    Suite(
        "plausible_monthly_metrics",
        ("marts", "fct_metrics_monthly"),
        "Counts and hours are not negative, and every missing value says why.",
        """
        select case when unit in ('count', 'hours', 'fte') then value end as counted, coalesce(reason, '') as reason,
            case when value is null and coalesce(reason, '') = '' then null else 'explained' end as explained
        from marts.fct_metrics_monthly
        where organization_id = {organization_id}
        """,
        (
            between("counted", 0, None, "error", "A count or a sum of hours is below zero."),
            filled("explained", "error", "A value is missing and no reason is given."),
        ),
    ),
    Suite(
        "steady_monthly_metrics",
        ("marts", "fct_metrics_monthly"),
        "Counts and hours rarely move by more than half from one month to the next.",
        """
        select concat(moved.metric, ' of ', moved.period, ': ', moved.value, ' after ', moved.before) as finding
        from (
            select metric, period, value, is_complete_period,
                lag(value) over (partition by metric order by period) as before
            from marts.fct_metrics_monthly
            where organization_id = {organization_id} and client_id = 'all'
                and metric in (
                    'reactive_tickets_created', 'reactive_tickets_closed', 'reactive_time_spent', 'endpoints_managed',
                    'seats_managed'
                )
        ) as moved
        where moved.is_complete_period and moved.before > 0 and abs(moved.value - moved.before) > moved.before * 0.5
        """,
        (
            nothing_found(
                "warning",
                "A count moved by more than half in a month. It may be true; look at it before it is presented.",
            ),
        ),
    ),
    Suite(
        "quiet_months",
        ("marts", "fct_metrics_monthly"),
        "A complete month without one ticket or one endpoint is possible, but seldom true.",
        """
        select concat(metric, ' of ', period) as finding
        from marts.fct_metrics_monthly
        where organization_id = {organization_id} and client_id = 'all' and is_complete_period and value = 0
            and metric in ('reactive_tickets_created', 'endpoints_managed')
        """,
        (
            nothing_found(
                "warning", "A complete month shows no tickets or no endpoints at all; check boards and exclusions."
            ),
        ),
    ),
    Suite(
        "plausible_smartnumbers",
        ("marts", "fct_smartnumbers"),
        "Every quarter has its 18 SmartNumbers, each a plausible figure or a reason why there is none.",
        """
        select case when metric = 'total_close_pct' then value end as close_rate,
            case when metric = 'reactive_service_pct' then value end as reactive_share,
            case when metric = 'net_profit_pct' then value end as net_profit,
            case when metric in ('revenue_from_services_pct', 'services_from_mrr_pct') then value end as revenue_share,
            case when value is null and coalesce(reason, '') = '' then null else 'explained' end as explained
        from marts.fct_smartnumbers
        where organization_id = {organization_id}
        """,
        (
            filled("explained", "error", "A SmartNumber is missing and no reason is given."),
            between("close_rate", 0, 3, "warning", "Three times as many tickets closed as opened is hard to believe."),
            between("reactive_share", 0, 1, "warning", "Technicians cannot spend more than all of their time."),
            between("net_profit", -2, 1, "warning", "Profit lies outside what a going business can show."),
            between("revenue_share", -0.5, 1.5, "warning", "A share of revenue lies far outside 0 to 1."),
        ),
    ),
    Suite(
        "whole_smartnumbers",
        ("marts", "fct_smartnumbers"),
        "No quarter lacks one of the 18 SmartNumbers.",
        """
        select concat(quarter, ': ', count(*) filter (where is_headline)) as finding
        from marts.fct_smartnumbers
        where organization_id = {organization_id}
        group by quarter
        having count(*) filter (where is_headline) <> 18
        """,
        (nothing_found("error", "A quarter does not list all 18 SmartNumbers."),),
    ),
    Suite(
        "explained_quarters",
        ("marts", "fct_metrics_quarterly"),
        "A quarter has one to three months of a figure, or says why it has none.",
        """
        select months_present,
            case when value is null and coalesce(reason, '') = '' then null else 'explained' end as explained
        from marts.fct_metrics_quarterly
        where organization_id = {organization_id}
        """,
        (
            filled("explained", "error", "A quarterly value is missing and no reason is given."),
            between("months_present", 0, 3, "error", "A quarter cannot have more than its three months."),
        ),
    ),
    Suite(
        "explained_missing_inputs",
        ("marts", "fct_missing_inputs"),
        "Whatever is missing is listed with a reason that a person can act on.",
        """
        select nullif(btrim(reason), '') as reason
        from marts.fct_missing_inputs
        where organization_id = {organization_id}
        """,
        (filled("reason", "error", "An input is missing and nobody can tell why."),),
    ),
)
