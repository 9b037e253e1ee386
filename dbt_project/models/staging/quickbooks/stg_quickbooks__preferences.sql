{{ config(unique_key=['organization_id', 'preferences_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'preferences')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as preferences_id,
        fields."ReportPrefs" ->> 'ReportBasis' as report_basis,
        left(fields."AccountingInfoPrefs" ->> 'BookCloseDate', 10)::date as book_close_date,
        fields."AccountingInfoPrefs" ->> 'FirstMonthOfFiscalYear' as first_month_of_fiscal_year,
        (fields."AccountingInfoPrefs" ->> 'TrackDepartments')::boolean as tracks_departments,
        (fields."AccountingInfoPrefs" ->> 'ClassTrackingPerTxnLine')::boolean as tracks_classes_by_line,
        (fields."CurrencyPrefs" ->> 'MultiCurrencyEnabled')::boolean as has_several_currencies,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "ReportPrefs" jsonb,
        "AccountingInfoPrefs" jsonb,
        "CurrencyPrefs" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
