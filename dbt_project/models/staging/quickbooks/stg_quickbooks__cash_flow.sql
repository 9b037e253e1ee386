{{ config(unique_key=['organization_id', 'report_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'cash_flow')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as report_id,
        split_part(source.record_id, ':', 3) as period,
        split_part(source.record_id, ':', 2) as basis,
        fields."Header" ->> 'ReportBasis' as report_basis,
        left(fields."Header" ->> 'StartPeriod', 10)::date as start_date,
        left(fields."Header" ->> 'EndPeriod', 10)::date as end_date,
        fields."Header" ->> 'Currency' as currency,
        case
            when fields."Header" ->> 'Time' ~ '^\d{4}-' then (fields."Header" ->> 'Time')::timestamptz
        end as reported_at,
        coalesce(
            fields."Header" -> 'Option' @> '[{"Name": "NoReportData", "Value": "true"}]'::jsonb, false
        ) as has_no_data,
        source.record as report,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "Header" jsonb
    )
)

select * from renamed
