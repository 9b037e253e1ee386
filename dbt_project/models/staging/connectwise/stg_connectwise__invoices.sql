{{ config(unique_key=['organization_id', 'invoice_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'invoices')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as invoice_id,
        fields."invoiceNumber" as invoice_number,
        fields.type as invoice_type,
        fields.status ->> 'name' as invoice_status,
        (fields.status ->> 'isClosed')::boolean as is_closed,
        fields.company ->> 'id' as connectwise_company_id,
        fields.company ->> 'name' as company_name,
        fields."billToCompany" ->> 'id' as bill_to_company_id,
        fields.agreement ->> 'id' as agreement_id,
        fields."applyToType" as applies_to_type,
        fields."applyToId" as applies_to_id,
        fields."billingTerms" ->> 'name' as billing_terms,
        left(fields.date, 10)::date as invoice_date,
        left(fields."dueDate", 10)::date as due_date,
        fields."agreementAmount" as agreement_amount,
        fields."serviceTotal" as service_total,
        fields."productTotal" as product_total,
        fields."expenseTotal" as expense_total,
        fields.subtotal,
        fields."salesTax" as sales_tax,
        fields.total,
        fields.payments,
        fields.credits,
        fields.balance,
        coalesce(fields.currency ->> 'currencyCode', fields.currency ->> 'isoCode') as currency,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "invoiceNumber" text,
        type text,
        status jsonb,
        company jsonb,
        "billToCompany" jsonb,
        agreement jsonb,
        "applyToType" text,
        "applyToId" text,
        "billingTerms" jsonb,
        date text,
        "dueDate" text,
        "agreementAmount" numeric,
        "serviceTotal" numeric,
        "productTotal" numeric,
        "expenseTotal" numeric,
        subtotal numeric,
        "salesTax" numeric,
        total numeric,
        payments numeric,
        credits numeric,
        balance numeric,
        currency jsonb
    )
)

select * from renamed
