{{ config(unique_key=['organization_id', 'event_id']) }}

with source as (
    {{ changed_records(source('stripe', 'events')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as event_id,
        fields.type as event_type,
        fields.data #>> '{object,object}' as object_type,
        fields.data #>> '{object,id}' as object_id,
        fields.api_version,
        {{ instant_from_epoch('fields.created') }} as created_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        type text,
        data jsonb,
        api_version text,
        created numeric
    )
)

select * from renamed
