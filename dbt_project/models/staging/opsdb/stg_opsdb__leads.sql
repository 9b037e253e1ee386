{{ config(unique_key=['organization_id', 'lead_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'leads')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as lead_id,
        fields.tenant_id,
        fields.origin as lead_origin,
        fields.status as lead_status,
        fields.created_at::timestamptz as created_at,
        fields.converted_at::timestamptz as converted_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        tenant_id text,
        origin text,
        status text,
        created_at text,
        converted_at text
    )
)

select * from renamed
