{{ config(unique_key=['organization_id', 'assessment_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'condition_assessments')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as assessment_id,
        fields.equipment_id,
        fields.customer_id as opsdb_customer_id,
        left(fields.assessed_on, 10)::date as assessed_date,
        fields.condition,
        fields.assessed_by,
        fields.notes,
        fields.age_years,
        fields.annual_maintenance_cost,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        equipment_id text,
        customer_id text,
        assessed_on text,
        condition text,
        assessed_by text,
        notes text,
        age_years numeric,
        annual_maintenance_cost numeric
    )
)

select * from renamed
