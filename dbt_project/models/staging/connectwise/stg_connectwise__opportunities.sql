{{ config(unique_key=['organization_id', 'opportunity_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'opportunities')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as opportunity_id,
        fields.name as opportunity_name,
        fields.type ->> 'id' as opportunity_type_id,
        fields.type ->> 'name' as opportunity_type,
        fields.stage ->> 'id' as opportunity_stage_id,
        fields.stage ->> 'name' as opportunity_stage,
        fields.status ->> 'id' as opportunity_status_id,
        fields.status ->> 'name' as opportunity_status,
        fields.probability ->> 'name' as probability,
        fields.company ->> 'id' as connectwise_company_id,
        fields.company ->> 'name' as company_name,
        fields.contact ->> 'id' as contact_id,
        fields."primarySalesRep" ->> 'identifier' as sales_rep_identifier,
        nullif(fields."dateBecameLead", '')::timestamptz as became_lead_at,
        nullif(fields."pipelineChangeDate", '')::timestamptz as pipeline_changed_at,
        left(fields."expectedCloseDate", 10)::date as expected_close_date,
        left(fields."closedDate", 10)::date as closed_date,
        fields."closedBy" ->> 'identifier' as closed_by_identifier,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        type jsonb,
        stage jsonb,
        status jsonb,
        probability jsonb,
        company jsonb,
        contact jsonb,
        "primarySalesRep" jsonb,
        "dateBecameLead" text,
        "pipelineChangeDate" text,
        "expectedCloseDate" text,
        "closedDate" text,
        "closedBy" jsonb
    )
)

select * from renamed
