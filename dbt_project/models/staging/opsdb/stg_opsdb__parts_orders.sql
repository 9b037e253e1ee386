{{ config(unique_key=['organization_id', 'parts_order_line_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'parts_orders')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as parts_order_line_id,
        fields.customer_id as opsdb_customer_id,
        fields.order_id as parts_order_id,
        fields.service_order_id,
        left(fields.ordered_on, 10)::date as ordered_date,
        fields.category,
        fields.part_number,
        fields.quantity,
        fields.amount,
        fields.status as line_status,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        customer_id text,
        order_id text,
        service_order_id text,
        ordered_on text,
        category text,
        part_number text,
        quantity numeric,
        amount numeric,
        status text
    )
)

select * from renamed
