{#- The streams that monthly figures are counted from: source, stream, and what a person would call their records. -#}
{% set streams = [
    ('connectwise', 'tickets', 'ConnectWise tickets'),
    ('connectwise', 'time_entries', 'ConnectWise time entries'),
    ('connectwise', 'agreements', 'ConnectWise agreements'),
    ('connectwise', 'survey_results', 'ConnectWise survey results'),
    ('ninjaone', 'devices', 'NinjaOne devices'),
    ('stripe', 'invoices', 'Stripe invoices'),
    ('quickbooks', 'invoices', 'QuickBooks invoices'),
    ('quickbooks', 'profit_and_loss', 'QuickBooks profit and loss reports'),
] -%}

{{ periods_covered(streams) }}
