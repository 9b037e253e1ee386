{{ config(unique_key=['organization_id', 'ticket_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'project_tickets')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as ticket_id,
        fields.summary,
        fields."isIssueFlag" as is_issue,
        fields.project ->> 'id' as project_id,
        fields.project ->> 'name' as project_name,
        fields.phase ->> 'id' as phase_id,
        fields.phase ->> 'name' as phase_name,
        fields."wbsCode" as wbs_code,
        fields.board ->> 'id' as board_id,
        fields.board ->> 'name' as board_name,
        fields.status ->> 'name' as status_name,
        fields.company ->> 'id' as connectwise_company_id,
        fields.company ->> 'name' as company_name,
        fields.type ->> 'name' as ticket_type,
        fields."subType" ->> 'name' as ticket_sub_type,
        fields.priority ->> 'name' as priority_name,
        fields.source ->> 'name' as ticket_source,
        fields.owner ->> 'identifier' as owner_identifier,
        fields.agreement ->> 'id' as agreement_id,
        fields."closedFlag" as is_closed_flag,
        coalesce(fields._info ->> 'dateEntered', fields."dateEntered")::timestamptz as entered_at,
        nullif(fields."closedDate", '')::timestamptz as closed_at,
        fields."closedBy" as closed_by,
        fields."actualHours" as actual_hours,
        fields."budgetHours" as budget_hours,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        summary text,
        "isIssueFlag" boolean,
        project jsonb,
        phase jsonb,
        "wbsCode" text,
        board jsonb,
        status jsonb,
        company jsonb,
        type jsonb,
        "subType" jsonb,
        priority jsonb,
        source jsonb,
        owner jsonb,
        agreement jsonb,
        "closedFlag" boolean,
        _info jsonb,
        "dateEntered" text,
        "closedDate" text,
        "closedBy" text,
        "actualHours" numeric,
        "budgetHours" numeric
    )
)

select * from renamed
