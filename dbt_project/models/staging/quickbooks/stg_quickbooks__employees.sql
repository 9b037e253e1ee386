{{ config(unique_key=['organization_id', 'employee_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'employees')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as employee_id,
        fields."DisplayName" as employee_name,
        fields."GivenName" as given_name,
        fields."FamilyName" as family_name,
        fields."Active" as is_active,
        left(fields."HiredDate", 10)::date as hired_date,
        left(fields."ReleasedDate", 10)::date as released_date,
        fields."BillableTime" as is_billable,
        fields."CostRate" as cost_rate,
        fields."BillRate" as bill_rate,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "DisplayName" text,
        "GivenName" text,
        "FamilyName" text,
        "Active" boolean,
        "HiredDate" text,
        "ReleasedDate" text,
        "BillableTime" boolean,
        "CostRate" numeric,
        "BillRate" numeric,
        "MetaData" jsonb
    )
)

select * from renamed
