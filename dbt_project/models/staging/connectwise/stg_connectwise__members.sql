{{ config(unique_key=['organization_id', 'member_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'members')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as member_id,
        fields.identifier as member_identifier,
        fields."firstName" as first_name,
        fields."lastName" as last_name,
        fields.title,
        coalesce(fields."officeEmail", fields."primaryEmail") as email,
        fields."inactiveFlag" as is_inactive,
        fields."licenseClass" as license_class,
        left(fields."hireDate", 10)::date as hired_date,
        fields."dailyCapacity" as daily_capacity_hours,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        identifier text,
        "firstName" text,
        "lastName" text,
        title text,
        "officeEmail" text,
        "primaryEmail" text,
        "inactiveFlag" boolean,
        "licenseClass" text,
        "hireDate" text,
        "dailyCapacity" numeric
    )
)

select * from renamed
