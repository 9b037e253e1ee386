{{ config(unique_key=['organization_id', 'survey_result_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'survey_results')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as survey_result_id,
        fields."surveyId" as survey_id,
        fields."ticketId" as ticket_id,
        fields.company ->> 'id' as connectwise_company_id,
        fields.company ->> 'name' as company_name,
        fields.contact ->> 'id' as contact_id,
        fields."emailAddress" as email,
        fields.results as answers,
        fields."totalPoints" as total_points,
        fields."footerResponse" as footer_response,
        fields."contactMeFlag" as is_contact_wanted,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "surveyId" text,
        "ticketId" text,
        company jsonb,
        contact jsonb,
        "emailAddress" text,
        results jsonb,
        "totalPoints" numeric,
        "footerResponse" text,
        "contactMeFlag" boolean
    )
)

select * from renamed
