{{ config(unique_key=['organization_id', 'service_order_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'service_orders')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as service_order_id,
        fields.customer_id as opsdb_customer_id,
        fields.equipment_id,
        fields.order_type,
        fields.status as order_status,
        fields.opened_at::timestamptz as opened_at,
        fields.received_at::timestamptz as received_at,
        fields.arrived_at::timestamptz as arrived_at,
        fields.completed_at::timestamptz as completed_at,
        left(fields.due_on, 10)::date as due_date,
        (fields.visits)::integer as visits,
        fields.labor_amount,
        fields.parts_amount,
        fields.other_amount,
        fields.total_amount,
        fields.downtime_hours,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        customer_id text,
        equipment_id text,
        order_type text,
        status text,
        opened_at text,
        received_at text,
        arrived_at text,
        completed_at text,
        due_on text,
        visits bigint,
        labor_amount numeric,
        parts_amount numeric,
        other_amount numeric,
        total_amount numeric,
        downtime_hours numeric
    )
)

select * from renamed
