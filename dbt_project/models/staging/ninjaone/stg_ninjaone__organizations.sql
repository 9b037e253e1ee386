{{ config(unique_key=['organization_id', 'ninjaone_organization_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'organizations')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as ninjaone_organization_id,
        fields.name as ninjaone_organization_name,
        fields.description,
        fields."nodeApprovalMode" as node_approval_mode,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        description text,
        "nodeApprovalMode" text
    )
)

select * from renamed
