{{ config(unique_key=['organization_id', 'gl_entry_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'gl_entries')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as gl_entry_id,
        fields.journal_id,
        left(fields.posted_on, 10)::date as posted_date,
        fields.account_number,
        fields.account_name,
        fields.account_type,
        fields.department,
        fields.customer_id as opsdb_customer_id,
        fields.description as entry_text,
        fields.debit,
        fields.credit,
        case
            when fields.amount is not null then fields.amount
            when num_nonnulls(fields.debit, fields.credit) > 0
                then coalesce(fields.debit, 0) - coalesce(fields.credit, 0)
        end as amount,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        journal_id text,
        posted_on text,
        account_number text,
        account_name text,
        account_type text,
        department text,
        customer_id text,
        description text,
        debit numeric,
        credit numeric,
        amount numeric
    )
)

select * from renamed
