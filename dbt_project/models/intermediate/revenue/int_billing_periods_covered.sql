{#- The streams that revenue is counted from: source, stream, and what a person would call their records. -#}
{% set streams = [
    ('stripe', 'subscriptions', 'Stripe subscriptions'),
    ('stripe', 'subscription_items', 'Stripe subscription items'),
    ('stripe', 'prices', 'Stripe prices'),
    ('stripe', 'invoices', 'Stripe invoices'),
    ('stripe', 'invoice_lines', 'Stripe invoice lines'),
    ('stripe', 'invoice_payments', 'Stripe invoice payments'),
    ('stripe', 'charges', 'Stripe charges'),
    ('connectwise', 'agreements', 'ConnectWise agreements'),
    ('connectwise', 'agreement_additions', 'ConnectWise agreement additions'),
    ('quickbooks', 'invoices', 'QuickBooks invoices'),
    ('quickbooks', 'items', 'QuickBooks items'),
    ('quickbooks', 'credit_memos', 'QuickBooks credit memos'),
    ('quickbooks', 'sales_receipts', 'QuickBooks sales receipts'),
] -%}

{{ periods_covered(streams) }}
