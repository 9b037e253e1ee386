"""What adds up in recurring revenue, in what is overdue, and in the figures of a product and its investors."""

from __future__ import annotations

from expectations.suite import Suite, between, filled, nothing_found

SUITES = (
    Suite(
        "mrr_movements_add_up",
        ("marts", "fct_mrr_movements"),
        "What a client paid before, and what moved, come to what it pays now.",
        """
        select concat(client_id, ' in ', period) as finding
        from marts.fct_mrr_movements
        where organization_id = {organization_id}
            and opening_mrr + fx_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churn_mrr
                <> closing_mrr
        """,
        (nothing_found("error", "A client's movements do not come from its opening to its closing MRR."),),
    ),
    Suite(
        "plausible_revenue",
        ("marts", "fct_revenue_monthly"),
        "MRR is not negative and no client is lost twice.",
        """
        select mrr_run_rate, customer_churn_rate
        from marts.fct_revenue_monthly
        where organization_id = {organization_id}
        """,
        (
            between("mrr_run_rate", 0, None, "error", "MRR is below zero."),
            between("customer_churn_rate", 0, 1, "error", "More clients left than there were."),
        ),
    ),
    Suite(
        "plausible_dunning",
        ("marts", "fct_dunning_months"),
        "What is overdue is an amount, or says why it is not known.",
        """
        select open_amount,
            case when open_amount is null and coalesce(reason, '') = '' then null else 'explained' end as explained
        from marts.fct_dunning_months
        where organization_id = {organization_id}
        """,
        (
            between("open_amount", 0, None, "error", "An overdue amount is below zero."),
            filled("explained", "error", "An overdue amount is missing and no reason is given."),
        ),
    ),
    Suite(
        "plausible_snapshots",
        ("marts", "fct_executive_snapshots"),
        "Counts are not negative, and nobody is active today who is not active this month.",
        """
        select total_customers, case when dau > mau then null else 'within' end as within
        from marts.fct_executive_snapshots
        where organization_id = {organization_id}
        """,
        (
            between("total_customers", 0, None, "error", "A number of customers is below zero."),
            filled("within", "error", "More people were active on the day than in the month that holds it."),
        ),
    ),
    Suite(
        "plausible_investor_metrics",
        ("marts", "fct_investor_metrics"),
        "Uptime lies between none and all of the time, and a lead is won at most once.",
        """
        select uptime_percentage, lead_conversion_rate
        from marts.fct_investor_metrics
        where organization_id = {organization_id}
        """,
        (
            between("uptime_percentage", 0, 100, "error", "Uptime lies outside of 0 to 100 percent."),
            between("lead_conversion_rate", 0, 1, "error", "More leads were won than there were."),
        ),
    ),
)
