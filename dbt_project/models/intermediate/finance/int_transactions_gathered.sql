{#-
    Every kind of transaction that posts. `head` is the account the whole amount stands on and the sign it stands there
    with; `counter` is a second posting that is on no line (sales tax, or the other half of a plain movement); `line` is
    the sign of the lines. A debit is positive.
-#}
{% set kinds = [
    {
        'type': 'Invoice', 'model': 'invoices', 'id': 'invoice_id', 'date': 'invoice_date',
        'customer': 'documents.quickbooks_customer_id', 'head': 'accounts.receivable_account_id', 'sign': 1,
        'counter': 'accounts.sales_tax_account_id', 'counter_amount': '-documents.total_tax', 'line': -1,
    },
    {
        'type': 'SalesReceipt', 'model': 'sales_receipts', 'id': 'sales_receipt_id', 'date': 'sales_receipt_date',
        'customer': 'documents.quickbooks_customer_id', 'sign': 1,
        'head': 'coalesce(documents.deposit_to_account_id, accounts.undeposited_account_id)',
        'counter': 'accounts.sales_tax_account_id', 'counter_amount': '-documents.total_tax', 'line': -1,
    },
    {
        'type': 'CreditMemo', 'model': 'credit_memos', 'id': 'credit_memo_id', 'date': 'credit_memo_date',
        'customer': 'documents.quickbooks_customer_id', 'head': 'accounts.receivable_account_id', 'sign': -1,
        'counter': 'accounts.sales_tax_account_id', 'counter_amount': 'documents.total_tax', 'line': 1,
    },
    {
        'type': 'RefundReceipt', 'model': 'refund_receipts', 'id': 'refund_receipt_id', 'date': 'refund_receipt_date',
        'customer': 'documents.quickbooks_customer_id', 'sign': -1,
        'head': 'coalesce(documents.paid_from_account_id, accounts.undeposited_account_id)',
        'counter': 'accounts.sales_tax_account_id', 'counter_amount': 'documents.total_tax', 'line': 1,
    },
    {
        'type': 'Payment', 'model': 'payments', 'id': 'payment_id', 'date': 'payment_date',
        'customer': 'documents.quickbooks_customer_id', 'sign': 1,
        'head': 'coalesce(documents.deposit_to_account_id, accounts.undeposited_account_id)',
        'counter': 'coalesce(documents.receivable_account_id, accounts.receivable_account_id)',
        'counter_amount': '-documents.total_amount', 'line': 0,
    },
    {
        'type': 'Bill', 'model': 'bills', 'id': 'bill_id', 'date': 'bill_date', 'sign': -1, 'line': 1,
        'head': 'coalesce(documents.payable_account_id, accounts.payable_account_id)',
        'counter': 'accounts.sales_tax_account_id', 'counter_amount': 'documents.total_tax',
    },
    {
        'type': 'VendorCredit', 'model': 'vendor_credits', 'id': 'vendor_credit_id', 'date': 'vendor_credit_date',
        'head': 'coalesce(documents.payable_account_id, accounts.payable_account_id)', 'sign': 1, 'line': -1,
        'counter': 'accounts.sales_tax_account_id', 'counter_amount': '-documents.total_tax',
    },
    {
        'type': 'BillPayment', 'model': 'bill_payments', 'id': 'bill_payment_id', 'date': 'bill_payment_date',
        'head': 'coalesce(documents.bank_account_id, documents.card_account_id)', 'sign': -1,
        'counter': 'coalesce(documents.payable_account_id, accounts.payable_account_id)',
        'counter_amount': 'documents.total_amount', 'line': 0,
    },
    {
        'type': 'Purchase', 'model': 'purchases', 'id': 'purchase_id', 'date': 'purchase_date',
        'customer': "case when documents.entity_type = 'Customer' then documents.entity_id end",
        'head': 'documents.paid_from_account_id', 'sign': 'case when documents.is_credit then 1 else -1 end',
        'line': 'case when documents.is_credit then -1 else 1 end', 'counter': 'accounts.sales_tax_account_id',
        'counter_amount': 'case when documents.is_credit then -documents.total_tax else documents.total_tax end',
    },
    {
        'type': 'JournalEntry', 'model': 'journal_entries', 'id': 'journal_entry_id', 'date': 'journal_entry_date',
        'line': 1,
    },
    {
        'type': 'Deposit', 'model': 'deposits', 'id': 'deposit_id', 'date': 'deposit_date',
        'head': 'documents.deposit_to_account_id', 'sign': 1, 'line': -1,
        'counter': 'documents.cash_back_account_id', 'counter_amount': 'documents.cash_back_amount',
    },
    {
        'type': 'Transfer', 'model': 'transfers', 'id': 'transfer_id', 'date': 'transfer_date',
        'head': 'documents.to_account_id', 'sign': 1, 'amount': 'documents.amount', 'rate': 'null::numeric',
        'lines': 'null::jsonb',
        'counter': 'documents.from_account_id', 'counter_amount': '-documents.amount', 'line': 0,
    },
] -%}

with control_accounts as (
    select * from {{ ref('int_control_accounts_chosen') }}
),

{% for kind in kinds -%}
{{ kind.model }} as (
    select
        documents.organization_id,
        '{{ kind.type }}' as transaction_type,
        documents.{{ kind.id }} as transaction_id,
        documents.{{ kind.date }} as transaction_date,
        {{ kind.get('customer', 'null::text') }} as quickbooks_customer_id,
        documents.currency,
        coalesce({{ kind.get('rate', 'documents.exchange_rate') }}, 1) as exchange_rate,
        {{ kind.get('head', 'null::text') }} as head_account_id,
        {% if 'head' in kind -%}
        ({{ kind.sign }}) * {{ kind.get('amount', 'documents.total_amount') }} as head_amount,
        {%- else -%}
        null::numeric as head_amount,
        {%- endif %}
        {{ kind.get('counter', 'null::text') }} as counter_account_id,
        {{ kind.get('counter_amount', 'null::numeric') }} as counter_amount,
        {{ kind.line }} as line_sign,
        {{ kind.get('lines', 'documents.lines') }} as lines,
        documents.created_at,
        documents.updated_at,
        documents.is_deleted,
        documents.extracted_at
    from {{ ref('stg_quickbooks__' ~ kind.model) }} as documents
    left join control_accounts as accounts on documents.organization_id = accounts.organization_id -- noqa: ST11
),

{% endfor -%}
gathered as (
    {%- for kind in kinds %}
    select * from {{ kind.model }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select * from gathered
