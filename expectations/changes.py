"""What is said of changes: what drove them, which are unusual, and which came after a quarter was presented."""

from __future__ import annotations

from expectations.suite import Suite, filled, nothing_found

SUITES = (
    Suite(
        "drivers_add_up",
        ("marts", "fct_smartnumber_drivers"),
        "The parts of a change come to the change.",
        """
        select concat(metric, ' of ', quarter) as finding
        from marts.fct_smartnumber_drivers
        where organization_id = {organization_id}
        group by quarter, metric, change
        having count(*) = count(contribution) and sum(contribution) <> change
        """,
        (nothing_found("error", "What drove a change does not come to it."),),
    ),
    Suite(
        "client_drivers_are_told",
        ("marts", "fct_smartnumber_client_drivers"),
        "Every contribution of a client has an amount.",
        """
        select contribution from marts.fct_smartnumber_client_drivers where organization_id = {organization_id}
        """,
        (filled("contribution", "error", "A client's contribution has no amount."),),
    ),
    Suite(
        "judged_anomalies",
        ("marts", "fct_metric_anomalies"),
        "Nothing is called unusual without a figure and months to hold it against.",
        """
        select concat(metric, ' of ', period) as finding
        from marts.fct_metric_anomalies
        where organization_id = {organization_id} and is_anomaly and (value is null or median is null)
        """,
        (nothing_found("error", "A month is called unusual that cannot be compared."),),
    ),
    Suite(
        "explained_restatements",
        ("marts", "fct_restatements"),
        "A figure that changed after it was presented says what changed it.",
        """
        select nullif(btrim(cause), '') as cause from marts.fct_restatements where organization_id = {organization_id}
        """,
        (filled("cause", "error", "A presented figure changed and nobody can tell why."),),
    ),
)
