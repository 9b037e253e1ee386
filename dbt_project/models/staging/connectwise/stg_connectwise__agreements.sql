{{ config(unique_key=['organization_id', 'agreement_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'agreements')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as agreement_id,
        fields.name as agreement_name,
        fields.type ->> 'name' as agreement_type,
        fields.company ->> 'id' as connectwise_company_id,
        fields.company ->> 'name' as company_name,
        fields."parentAgreement" ->> 'id' as parent_agreement_id,
        left(fields."startDate", 10)::date as start_date,
        case when not coalesce(fields."noEndingDateFlag", false) then left(fields."endDate", 10)::date end as end_date,
        coalesce(fields."cancelledFlag", false) as is_cancelled,
        left(fields."dateCancelled", 10)::date as cancelled_date,
        fields."reasonCancelled" as cancellation_reason,
        fields."billAmount" as bill_amount,
        fields."billingCycle" ->> 'name' as billing_cycle,
        fields."applicationUnits" as application_units,
        fields."applicationLimit" as application_limit,
        fields."oneTimeFlag" as is_one_time,
        fields."agreementStatus" as agreement_status,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        type jsonb,
        company jsonb,
        "parentAgreement" jsonb,
        "startDate" text,
        "endDate" text,
        "noEndingDateFlag" boolean,
        "cancelledFlag" boolean,
        "dateCancelled" text,
        "reasonCancelled" text,
        "billAmount" numeric,
        "billingCycle" jsonb,
        "applicationUnits" text,
        "applicationLimit" numeric,
        "oneTimeFlag" boolean,
        "agreementStatus" text
    )
)

select * from renamed
