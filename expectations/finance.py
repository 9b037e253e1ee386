"""What the books must be before anybody presents them."""

from __future__ import annotations

from expectations.suite import Suite, nothing_found

SUITES = (
    Suite(
        "mapped_accounts",
        ("marts", "fct_unmapped_accounts"),
        "Every account with postings in a complete month feeds a metric by a rule of the organization.",
        """
        select concat(unmapped.account_name, ', ', unmapped.amount, ' in ', unmapped.period) as finding
        from marts.fct_unmapped_accounts as unmapped
        inner join marts.dim_periods as periods
            on periods.organization_id = unmapped.organization_id and periods.period = unmapped.period
        where unmapped.organization_id = {organization_id} and unmapped.amount <> 0 and periods.is_complete
        order by abs(unmapped.amount) desc
        """,
        (
            nothing_found(
                "error",
                "Accounts with postings are in no metric; add a rule for each in the organization's file.",
            ),
        ),
    ),
    Suite(
        "tied_books",
        ("marts", "fct_profit_and_loss_ties"),
        "What was read of the profit and loss report adds up to the report's own totals, to the cent.",
        """
        select concat(report_group, ' of ', period, ' (', basis, ') differs by ', difference) as finding
        from marts.fct_profit_and_loss_ties
        where organization_id = {organization_id} and difference <> 0
        """,
        (
            nothing_found(
                "error",
                "A section of the books does not add up to the report's total; a line was lost, doubled or misread.",
            ),
        ),
    ),
    Suite(
        "plausible_income",
        ("marts", "fct_profit_and_loss"),
        "No complete month between others is without any income.",
        """
        select months.period as finding
        from (
            select ledger.period, sum(ledger.amount) filter (where ledger.report_group = 'Income') as income
            from marts.fct_profit_and_loss as ledger
            inner join marts.dim_periods as periods
                on periods.organization_id = ledger.organization_id and periods.period = ledger.period
            where ledger.organization_id = {organization_id} and periods.is_complete
            group by ledger.period
        ) as months
        where coalesce(months.income, 0) = 0
        """,
        (nothing_found("warning", "The books of a complete month show expenses and no income at all."),),
    ),
    Suite(
        "explained_ledger_ties",
        ("marts", "fct_ledger_ties"),
        "Where ledger and report differ, the cause is known.",
        """
        select concat(statement, ' of ', period, ', ', account_name) as finding
        from marts.fct_ledger_ties
        where organization_id = {organization_id} and difference <> 0 and coalesce(btrim(reason), '') = ''
        """,
        (nothing_found("warning", "Ledger and report differ on an account, and nothing explains it."),),
    ),
    Suite(
        "explained_receivable_ties",
        ("marts", "fct_aged_receivable_ties"),
        "Where open invoices and the report of their age differ, the cause is known.",
        """
        select concat(customer_name, ' in ', period) as finding
        from marts.fct_aged_receivable_ties
        where organization_id = {organization_id} and difference <> 0 and coalesce(btrim(reason), '') = ''
        """,
        (nothing_found("warning", "Open invoices and the report of their age differ, and nothing explains it."),),
    ),
)
