"""What plausible tickets, hours, devices and agreements look like in the marts that decks read."""

from __future__ import annotations

from expectations.suite import Suite, between, filled, nothing_found

SUITES = (
    Suite(
        "plausible_ticket_facts",
        ("marts", "fct_tickets"),
        "Tickets are closed after they were opened, and most belong to a client.",
        """
        select case when closed_at < entered_at - interval '1 day' then concat('ticket ', ticket_id) end as finding,
            case when avg((client_id = 'unassigned')::integer) over () > 0.5 then 'most tickets' end as nobodys
        from marts.fct_tickets
        where organization_id = {organization_id}
        """,
        (
            nothing_found("warning", "Tickets were closed more than a day before they were opened."),
            nothing_found(
                "warning",
                "More than half of the tickets belong to no client; map the companies of ConnectWise.",
                column="nobodys",
            ),
        ),
    ),
    Suite(
        "plausible_months_of_work",
        ("marts", "fct_time_entries"),
        "Nobody works more than 24 hours a day, month by month.",
        """
        select concat(member_identifier, ' in ', entered_period, ': ', sum(hours)) as finding
        from marts.fct_time_entries
        where organization_id = {organization_id}
        group by member_identifier, entered_period
        having sum(hours) > 744
        """,
        (nothing_found("warning", "A member has more hours in a month than the month has."),),
    ),
    Suite(
        "plausible_device_months",
        ("marts", "fct_device_months"),
        "A device counts, or there is a reason why not; a seat is an endpoint too.",
        """
        select
            case
                when is_endpoint = (exclusion_reason is not null) then concat(device_id, ' in ', period)
            end as finding,
            case when is_seat and not is_endpoint then concat(device_id, ' in ', period) end as seat
        from marts.fct_device_months
        where organization_id = {organization_id}
        """,
        (
            nothing_found("error", "Devices are left out of the count without a reason, or count in spite of one."),
            nothing_found("error", "A seat is no endpoint; the counts of both cannot be right.", column="seat"),
        ),
    ),
    Suite(
        "plausible_agreements",
        ("marts", "fct_agreements"),
        "Agreements end after they begin and bill no less than nothing.",
        """
        select monthly_amount,
            case when end_date < start_date then concat('agreement ', agreement_id) end as finding
        from marts.fct_agreements
        where organization_id = {organization_id}
        """,
        (
            between("monthly_amount", 0, None, "warning", "An agreement bills less than nothing a month."),
            nothing_found("warning", "An agreement ends before it begins and is never in force."),
        ),
    ),
    Suite(
        "plausible_readiness",
        ("marts", "fct_data_readiness_months"),
        "A readiness score is a share, or says why there is none.",
        """
        select data_readiness_score,
            case when data_readiness_score is null and coalesce(reason, '') = '' then null else 'explained' end
                as explained
        from marts.fct_data_readiness_months
        where organization_id = {organization_id}
        """,
        (
            between("data_readiness_score", 0, 1, "error", "A readiness score lies outside of 0 to 1."),
            filled("explained", "error", "A readiness score is missing and no reason is given."),
        ),
    ),
)
