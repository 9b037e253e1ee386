{{ config(unique_key=['organization_id', 'opsdb_customer_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'customers')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as opsdb_customer_id,
        fields.name as customer_name,
        fields.parent_id as parent_customer_id,
        fields.status as customer_status,
        fields.account_manager,
        fields.branch,
        left(fields.customer_since, 10)::date as customer_since_date,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        parent_id text,
        status text,
        account_manager text,
        branch text,
        customer_since text
    )
)

select * from renamed
