with entries as (
    select
        organization_id,
        client_id,
        period,
        metric,
        method,
        value,
        note,
        entered_by,
        entered_at
    from {{ source('app', 'manual_metrics') }}
    where superseded_at is null
),

definitions as (
    select
        metric,
        unit
    from {{ ref('int_metric_definitions_gathered') }}
    where is_monthly
),

recorded as (
    select
        entries.organization_id,
        entries.client_id,
        entries.period,
        entries.metric,
        entries.value,
        definitions.unit,
        entries.method,
        entries.note as basis,
        case
            when entries.value is null then format('%s cleared the value on purpose.', entries.entered_by)
        end as reason,
        'manual' as source,
        'int_manual_metrics_recorded' as model,
        1::bigint as source_rows,
        entries.entered_at as freshest_at
    from entries
    inner join definitions using (metric)
)

select * from recorded
