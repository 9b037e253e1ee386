{{ config(unique_key=['organization_id', 'survey_question_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'survey_questions')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as survey_question_id,
        fields."surveyId" as survey_id,
        fields.question,
        fields.type as question_type,
        fields.options,
        fields."noAnswerPoints" as no_answer_points,
        fields."sequenceNumber" as sort_order,
        fields."includeFlag" as is_included,
        fields."requiredFlag" as is_required,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "surveyId" text,
        question text,
        type text,
        options jsonb,
        "noAnswerPoints" numeric,
        "sequenceNumber" bigint,
        "includeFlag" boolean,
        "requiredFlag" boolean
    )
)

select * from renamed
