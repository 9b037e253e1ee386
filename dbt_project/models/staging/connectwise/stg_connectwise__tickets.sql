{{ config(
    unique_key=['organization_id', 'ticket_id'],
    indexes=[
        {'columns': ['organization_id', 'ticket_id'], 'unique': True},
        {'columns': ['organization_id', 'extracted_at']},
    ],
    post_hook="{{ counted_rows() }}",
) }}

with source as (
    {{ changed_records(source('connectwise', 'tickets')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as ticket_id,
        fields.summary,
        fields."recordType" as record_type,
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
        fields."parentTicketId" as parent_ticket_id,
        fields."mergedParentTicket" ->> 'id' as merged_into_ticket_id,
        fields."closedFlag" as is_closed_flag,
        coalesce(fields._info ->> 'dateEntered', fields."dateEntered")::timestamptz as entered_at,
        nullif(fields."closedDate", '')::timestamptz as closed_at,
        fields."closedBy" as closed_by,
        nullif(fields."dateResponded", '')::timestamptz as responded_at,
        nullif(fields."dateResolved", '')::timestamptz as resolved_at,
        fields."actualHours" as actual_hours,
        fields."budgetHours" as budget_hours,
        fields."isInSla" as is_in_sla,
        fields.sla ->> 'name' as sla_name,
        nullif(fields."respondByGoalUTC", '')::timestamptz as respond_goal_at,
        nullif(fields."resolutionGoalUTC", '')::timestamptz as resolution_goal_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        summary text,
        "recordType" text,
        board jsonb,
        status jsonb,
        company jsonb,
        type jsonb,
        "subType" jsonb,
        priority jsonb,
        source jsonb,
        owner jsonb,
        agreement jsonb,
        "parentTicketId" text,
        "mergedParentTicket" jsonb,
        "closedFlag" boolean,
        "closedDate" text,
        "closedBy" text,
        "dateEntered" text,
        "dateResponded" text,
        "dateResolved" text,
        "actualHours" numeric,
        "budgetHours" numeric,
        "isInSla" boolean,
        sla jsonb,
        "respondByGoalUTC" text,
        "resolutionGoalUTC" text,
        _info jsonb
    )
)

select * from renamed
