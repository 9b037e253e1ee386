{{ config(unique_key=['organization_id', 'rental_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'rentals')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as rental_id,
        fields.customer_id as opsdb_customer_id,
        fields.equipment_id,
        fields.equipment_type,
        left(fields.started_on, 10)::date as started_date,
        left(fields.ended_on, 10)::date as ended_date,
        fields.daily_rate,
        fields.billed_amount,
        fields.status as rental_status,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        customer_id text,
        equipment_id text,
        equipment_type text,
        started_on text,
        ended_on text,
        daily_rate numeric,
        billed_amount numeric,
        status text
    )
)

select * from renamed
