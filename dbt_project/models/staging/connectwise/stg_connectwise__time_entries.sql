{{ config(
    unique_key=['organization_id', 'time_entry_id'],
    indexes=[
        {'columns': ['organization_id', 'time_entry_id'], 'unique': True},
        {'columns': ['organization_id', 'extracted_at']},
    ],
    post_hook="{{ counted_rows() }}",
) }}

with source as (
    {{ changed_records(source('connectwise', 'time_entries')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as time_entry_id,
        fields.company ->> 'id' as connectwise_company_id,
        fields."chargeToType" as charge_to_type,
        fields."chargeToId" as charge_to_id,
        fields.member ->> 'identifier' as member_identifier,
        fields."workType" ->> 'name' as work_type,
        fields."workRole" ->> 'name' as work_role,
        fields.agreement ->> 'id' as agreement_id,
        fields."billableOption" as billable_option,
        nullif(fields."timeStart", '')::timestamptz as started_at,
        nullif(fields."timeEnd", '')::timestamptz as ended_at,
        nullif(fields."dateEntered", '')::timestamptz as entered_at,
        fields."actualHours" as hours,
        fields."hoursBilled" as billed_hours,
        fields.status as time_entry_status,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        company jsonb,
        "chargeToType" text,
        "chargeToId" text,
        member jsonb,
        "workType" jsonb,
        "workRole" jsonb,
        agreement jsonb,
        "billableOption" text,
        "timeStart" text,
        "timeEnd" text,
        "dateEntered" text,
        "actualHours" numeric,
        "hoursBilled" numeric,
        status text
    )
)

select * from renamed
