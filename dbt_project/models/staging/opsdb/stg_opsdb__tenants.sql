{{ config(unique_key=['organization_id', 'tenant_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'tenants')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as tenant_id,
        fields.name as tenant_name,
        fields.status as tenant_status,
        fields.plan,
        fields.environment,
        fields.country,
        upper(fields.currency) as currency,
        fields.signed_up_at::timestamptz as signed_up_at,
        fields.trial_started_at::timestamptz as trial_started_at,
        fields.trial_converted_at::timestamptz as trial_converted_at,
        fields.churned_at::timestamptz as churned_at,
        fields.reactivated_at::timestamptz as reactivated_at,
        fields.licensed_seats,
        fields.monthly_value,
        source.deleted_at is not null as is_deleted,
        source.deleted_at,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        status text,
        plan text,
        environment text,
        country text,
        currency text,
        signed_up_at text,
        trial_started_at text,
        trial_converted_at text,
        churned_at text,
        reactivated_at text,
        licensed_seats bigint,
        monthly_value numeric
    )
)

select * from renamed
