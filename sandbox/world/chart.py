"""The chart of accounts, the items sold, and the mapping an organization would write for them: fixed for every seed."""

from dataclasses import dataclass
from datetime import date, datetime

from sandbox.world.books import Account
from sandbox.world.calendar import at
from sandbox.world.parties import AccountRule

OPENED_AT: datetime = at(date(2016, 1, 4), 9)
RETIRED_AT: datetime = at(date(2025, 4, 11), 14, 20)

# id, full name, account type, account subtype, report group, number
INCOME, COGS, EXPENSES, OTHER_INCOME, OTHER_EXPENSES = "Income", "COGS", "Expenses", "OtherIncome", "OtherExpenses"
UNAPPLIED_INCOME = "Unapplied Cash Payment Income"  # QuickBooks' own, for the cash basis alone
ROWS: tuple[tuple[str, str, str, str, str | None, str | None], ...] = (
    ("31", "Managed Services", "Income", "ServiceFeeIncome", INCOME, "4000"),
    ("32", "Managed Services:Per-Seat Support", "Income", "ServiceFeeIncome", INCOME, "4010"),
    ("33", "Managed Services:Server Care", "Income", "ServiceFeeIncome", INCOME, "4020"),
    ("34", "Managed Services:Managed Security", "Income", "ServiceFeeIncome", INCOME, "4030"),
    ("35", "Managed Services:Out-of-Scope Labor", "Income", "ServiceFeeIncome", INCOME, "4090"),
    ("36", "Other Recurring", "Income", "ServiceFeeIncome", INCOME, "4100"),
    ("37", "Other Recurring:Cloud Licenses", "Income", "ServiceFeeIncome", INCOME, "4110"),
    ("38", "Other Recurring:Backup and Continuity", "Income", "ServiceFeeIncome", INCOME, "4120"),
    ("39", "Other Recurring:Hosted Voice", "Income", "ServiceFeeIncome", INCOME, "4130"),
    ("40", "Other Recurring:Annual Renewals", "Income", "ServiceFeeIncome", INCOME, "4140"),
    ("41", "Professional Services", "Income", "ServiceFeeIncome", INCOME, "4200"),
    ("42", "Professional Services:Project Work", "Income", "ServiceFeeIncome", INCOME, "4210"),
    ("43", "Professional Services:After-Hours Labor", "Income", "ServiceFeeIncome", INCOME, "4220"),
    ("44", "Professional Services:Onboarding", "Income", "ServiceFeeIncome", INCOME, "4230"),
    ("45", "Professional Services:Service Credits", "Income", "DiscountsRefundsGiven", INCOME, "4290"),
    ("46", "Product Sales", "Income", "SalesOfProductIncome", INCOME, "4300"),
    ("47", "Product Sales:Hardware", "Income", "SalesOfProductIncome", INCOME, "4310"),
    ("48", "Product Sales:Software", "Income", "SalesOfProductIncome", INCOME, "4320"),
    ("49", UNAPPLIED_INCOME, "Income", "UnappliedCashPaymentIncome", INCOME, None),
    ("51", "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", COGS, "5000"),
    ("52", "Cost of Goods Sold:Hardware Cost", "Cost of Goods Sold", "SuppliesMaterialsCogs", COGS, "5010"),
    ("53", "Cost of Goods Sold:License Cost", "Cost of Goods Sold", "OtherCostsOfServiceCos", COGS, "5020"),
    ("54", "Cost of Goods Sold:Service Tools", "Cost of Goods Sold", "OtherCostsOfServiceCos", COGS, "5030"),
    ("55", "Cost of Goods Sold:Subcontractors", "Cost of Goods Sold", "CostOfLaborCos", COGS, "5040"),
    ("56", "Cost of Goods Sold:Freight", "Cost of Goods Sold", "ShippingFreightDeliveryCos", COGS, "5050"),
    ("61", "Payroll", "Expense", "PayrollExpenses", EXPENSES, "6000"),
    ("62", "Payroll:Technical Wages", "Expense", "PayrollWageExpenses", EXPENSES, "6010"),
    ("63", "Payroll:Office Wages", "Expense", "PayrollWageExpenses", EXPENSES, "6020"),
    ("64", "Payroll:Officer Compensation", "Expense", "PayrollWageExpenses", EXPENSES, "6030"),
    ("65", "Payroll:Payroll Taxes", "Expense", "PayrollTaxExpenses", EXPENSES, "6040"),
    ("66", "Payroll:Benefits", "Expense", "PayrollExpenses", EXPENSES, "6050"),
    ("67", "Occupancy", "Expense", "RentOrLeaseOfBuildings", EXPENSES, "6100"),
    ("68", "Occupancy:Rent", "Expense", "RentOrLeaseOfBuildings", EXPENSES, "6110"),
    ("69", "Occupancy:Utilities", "Expense", "Utilities", EXPENSES, "6120"),
    ("70", "Insurance", "Expense", "Insurance", EXPENSES, "6200"),
    ("71", "Marketing", "Expense", "AdvertisingPromotional", EXPENSES, "6300"),
    ("72", "Own Software", "Expense", "DuesSubscriptions", EXPENSES, "6400"),
    ("73", "Vehicles", "Expense", "Auto", EXPENSES, "6500"),
    ("74", "Vehicles:Fuel", "Expense", "Auto", EXPENSES, "6510"),
    ("75", "Travel", "Expense", "Travel", EXPENSES, "6600"),
    ("76", "Training", "Expense", "OfficeGeneralAdministrativeExpenses", EXPENSES, "6650"),
    ("77", "Professional Fees", "Expense", "LegalProfessionalFees", EXPENSES, "6700"),
    ("78", "Bank and Card Fees", "Expense", "BankCharges", EXPENSES, "6750"),
    ("79", "Office Supplies", "Expense", "OfficeGeneralAdministrativeExpenses", EXPENSES, "6800"),
    ("80", "Telephone and Internet", "Expense", "Utilities", EXPENSES, "6850"),
    ("81", "Answering Service", "Expense", "OtherMiscellaneousServiceCost", EXPENSES, "6860"),
    ("82", "6999 Uncategorized Expense", "Expense", "OtherMiscellaneousServiceCost", EXPENSES, "6999"),
    ("86", "Interest Earned", "Other Income", "InterestEarned", OTHER_INCOME, "7000"),
    ("87", "Vendor Rebates", "Other Income", "OtherMiscellaneousIncome", OTHER_INCOME, "7100"),
    ("88", "Late Fees", "Other Income", "OtherMiscellaneousIncome", OTHER_INCOME, "7200"),
    ("91", "Depreciation", "Other Expense", "Depreciation", OTHER_EXPENSES, "8000"),
    ("92", "Loan Interest", "Other Expense", "OtherMiscellaneousExpense", OTHER_EXPENSES, "8100"),
    ("93", "Penalties", "Other Expense", "PenaltiesSettlements", OTHER_EXPENSES, "8200"),
    ("1", "Operating Account", "Bank", "Checking", None, "1000"),
    ("2", "Reserve Account", "Bank", "Savings", None, "1010"),
    ("3", "Card Clearing", "Other Current Asset", "UndepositedFunds", None, "1050"),
    ("4", "Accounts Receivable", "Accounts Receivable", "AccountsReceivable", None, "1100"),
    ("5", "Equipment", "Fixed Asset", "FixedAssetComputers", None, "1500"),
    ("6", "Equipment:Accumulated Depreciation", "Fixed Asset", "AccumulatedDepreciation", None, "1510"),
    ("11", "Accounts Payable", "Accounts Payable", "AccountsPayable", None, "2000"),
    ("12", "Company Card", "Credit Card", "CreditCard", None, "2100"),
    ("13", "Payroll Liabilities", "Other Current Liability", "PayrollTaxPayable", None, "2200"),
    ("14", "Sales Tax Payable", "Other Current Liability", "SalesTaxPayable", None, "2300"),
    ("15", "Bank Loan", "Long Term Liability", "NotesPayable", None, "2500"),
    ("21", "Opening Balance Equity", "Equity", "OpeningBalanceEquity", None, "3000"),
    ("22", "Owner Draws", "Equity", "PartnerDistributions", None, "3100"),
    ("23", "Retained Earnings", "Equity", "RetainedEarnings", None, "3200"),
)

ACCOUNT_ID = {row[1]: row[0] for row in ROWS}
ANSWERING_SERVICE = ACCOUNT_ID["Answering Service"]
CLASSIFICATION = {
    "Income": "Revenue", "Other Income": "Revenue", "Cost of Goods Sold": "Expense", "Expense": "Expense",
    "Other Expense": "Expense", "Bank": "Asset", "Other Current Asset": "Asset", "Accounts Receivable": "Asset",
    "Fixed Asset": "Asset", "Accounts Payable": "Liability", "Credit Card": "Liability",
    "Other Current Liability": "Liability", "Long Term Liability": "Liability", "Equity": "Equity",
}  # fmt: skip

# The first rule that fits an account decides, so the exception stands before its family.
ACCOUNT_RULES = (
    AccountRule("nrr", "exact", "Managed Services:Out-of-Scope Labor"),
    AccountRule("mrr", "exact", "Managed Services"),
    AccountRule("mrr", "children", "Managed Services"),
    AccountRule("orr", "exact", "Other Recurring"),
    AccountRule("orr", "children", "Other Recurring"),
    AccountRule("nrr", "exact", "Professional Services"),
    AccountRule("nrr", "children", "Professional Services"),
    AccountRule("product_sales", "regex", "^Product Sales(:|$)"),
    # Not yet anybody's sale: on the cash basis it is income, and what of that is nothing else counts with the goods.
    AccountRule("product_sales", "exact", UNAPPLIED_INCOME),
    AccountRule("product_cogs", "exact", "Cost of Goods Sold"),
    AccountRule("product_cogs", "children", "Cost of Goods Sold"),
    AccountRule("payroll_total", "exact", "Payroll"),
    AccountRule("payroll_total", "children", "Payroll"),
    AccountRule("uncategorized_expenses", "contains", "6999"),
    AccountRule("misc_revenue", "exact", "Interest Earned"),
    AccountRule("misc_revenue", "exact", "Vendor Rebates"),
    AccountRule("misc_revenue", "exact", "Late Fees"),
    AccountRule("other_expenses", "id", ANSWERING_SERVICE),
    AccountRule("other_expenses", "regex", "^(Occupancy|Vehicles)(:|$)"),
    AccountRule("other_expenses", "regex", "^(Insurance|Marketing|Own Software|Travel|Training|Professional Fees)$"),
    AccountRule("other_expenses", "regex", "^(Bank and Card Fees|Office Supplies|Telephone and Internet)$"),
    AccountRule("other_expenses", "regex", "^(Depreciation|Loan Interest|Penalties)$"),
)


@dataclass(frozen=True)
class Product:
    """Something sold: its item in the books, its income account and what a unit costs us."""

    key: str
    item_id: str
    name: str
    account: str
    unit_cents: int
    raised_cents: int
    unit_cost_cents: int


PRICE_RAISE = "2025-07"
PRODUCTS = {
    product.key: product
    for product in (
        Product("essential", "101", "Managed Seat Essential", "Managed Services:Per-Seat Support", 18900, 19500, 1100),
        Product("complete", "102", "Managed Seat Complete", "Managed Services:Per-Seat Support", 23500, 24200, 1200),
        Product("regulated", "103", "Managed Seat Regulated", "Managed Services:Per-Seat Support", 27900, 28800, 1400),
        Product("server", "104", "Managed Server", "Managed Services:Server Care", 16500, 16500, 1900),
        Product("security", "105", "Managed Security", "Managed Services:Managed Security", 2900, 2900, 900),
        Product("stewardship", "106", "Account Stewardship", "Managed Services", 35000, 35000, 0),
        Product("licenses", "107", "Cloud Licenses", "Other Recurring:Cloud Licenses", 2350, 2350, 1800),
        Product("backup", "108", "Server Backup", "Other Recurring:Backup and Continuity", 8900, 8900, 4100),
        Product("voice", "109", "Hosted Voice", "Other Recurring:Hosted Voice", 2150, 2150, 1250),
        Product("hosting", "110", "Web Hosting", "Other Recurring", 4900, 4900, 900),
        Product("renewal", "111", "Annual Renewal", "Other Recurring:Annual Renewals", 684000, 684000, 510000),
        Product("project", "112", "Project Hours", "Professional Services:Project Work", 16500, 16500, 0),
        Product("after_hours", "113", "After-Hours Labor", "Professional Services:After-Hours Labor", 22500, 22500, 0),
        Product("onboarding", "114", "Onboarding", "Professional Services:Onboarding", 15000, 15000, 0),
        Product("consulting", "115", "Consulting", "Professional Services", 18500, 18500, 0),
        Product("out_of_scope", "116", "Out-of-Scope Labor", "Managed Services:Out-of-Scope Labor", 14500, 14500, 0),
        Product("credit", "117", "Service Credit", "Professional Services:Service Credits", 0, 0, 0),
        Product("hardware", "118", "Hardware", "Product Sales:Hardware", 0, 0, 0),
        Product("software", "119", "Software", "Product Sales:Software", 0, 0, 0),
        Product("shipping", "120", "Shipping and Handling", "Product Sales", 4500, 4500, 0),
    )
}


def make_accounts() -> tuple[Account, ...]:
    """Every account; the answering service was closed in 2025, after which the books call it inactive."""
    accounts = []
    for identity, full_name, account_type, subtype, group, number in ROWS:
        parent, _, name = full_name.rpartition(":")
        accounts.append(
            Account(
                id=identity,
                name=name,
                full_name=full_name,
                parent_id=ACCOUNT_ID[parent] if parent else None,
                account_type=account_type,
                account_subtype=subtype,
                classification=CLASSIFICATION[account_type],
                report_group=group,
                number=number,
                created_at=OPENED_AT,
                inactive_at=RETIRED_AT if identity == ANSWERING_SERVICE else None,
            )
        )
    return tuple(sorted(accounts, key=lambda account: int(account.id)))
