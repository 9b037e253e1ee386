with frozen as (
    select
        figures.*,
        quarters.frozen_at,
        quarters.frozen_by
    from {{ source('app', 'frozen_figures') }} as figures
    inner join {{ source('app', 'frozen_quarters') }} as quarters using (organization_id, quarter)
),

definitions as (
    select * from {{ ref('dim_metrics') }}
),

inputs as (
    select * from {{ ref('smartnumber_inputs') }}
),

present as (
    select
        organization_id,
        quarter,
        'fct_metrics_monthly' as mart,
        client_id,
        period,
        metric,
        value,
        method,
        basis,
        reason,
        source,
        source_rows,
        freshest_at
    from {{ ref('fct_metrics_monthly') }}
    union all
    select
        organization_id,
        quarter,
        'fct_metrics_quarterly' as mart,
        client_id,
        quarter as period,
        metric,
        value,
        null as method,
        null as basis,
        reason,
        null as source,
        source_rows,
        freshest_at
    from {{ ref('fct_metrics_quarterly') }}
    union all
    select
        organization_id,
        quarter,
        'fct_smartnumbers' as mart,
        'all' as client_id,
        quarter as period,
        metric,
        value,
        'calculated' as method,
        null as basis,
        reason,
        null as source,
        source_rows,
        freshest_at
    from {{ ref('fct_smartnumbers') }}
),

changed as (
    select
        frozen.organization_id,
        frozen.quarter,
        frozen.mart,
        frozen.client_id,
        frozen.period,
        frozen.metric,
        frozen.value as presented_value,
        present.value,
        present.value - frozen.value as amount,
        case
            when frozen.value is null then 'there was no value'
            when present.value is null then 'there is no value now'
            else concat(case when present.value > frozen.value then '+' end, trim_scale(present.value - frozen.value))
        end as difference,
        frozen.unit,
        frozen.method as presented_method,
        present.method,
        present.basis,
        present.reason,
        present.source,
        frozen.source_rows as presented_rows,
        present.source_rows,
        present.freshest_at,
        present.metric is null as is_gone,
        frozen.frozen_at,
        frozen.frozen_by
    from frozen
    left join present using (organization_id, quarter, mart, client_id, period, metric)
    where frozen.value is distinct from present.value
),

-- What a calculated figure is made of: the metrics that its formula names, as far as they have changed as well.
months as (
    select * from changed
    where mart = 'fct_metrics_monthly'
),

parts as (
    select
        whole.organization_id,
        whole.quarter,
        whole.mart,
        whole.client_id,
        whole.period,
        whole.metric,
        string_agg(
            format('%s of %s (%s)', part.metric, part.period, part.difference), ', ' order by part.period, part.metric
        ) as changes
    from changed as whole
    inner join definitions using (metric)
    inner join months as part
        on
            whole.organization_id = part.organization_id
            and whole.quarter = part.quarter
            and whole.client_id = part.client_id
            and case whole.mart
                when 'fct_metrics_monthly'
                    then
                        whole.period = part.period
                        and whole.metric <> part.metric
                        -- What follows a comma, colon or semicolon is a remark.
                        and regexp_replace(definitions.formula, '[;:,]\s.*', '') ~ ('\m' || part.metric || '\M')
                when 'fct_metrics_quarterly' then whole.metric = part.metric
                else part.metric in (
                    select inputs.input
                    from inputs
                    where inputs.metric = whole.metric
                )
            end
    group by 1, 2, 3, 4, 5, 6
)

select
    changed.organization_id,
    changed.quarter,
    changed.mart,
    changed.client_id,
    changed.period,
    changed.metric,
    changed.presented_value,
    changed.value,
    changed.amount,
    changed.unit,
    changed.presented_method,
    changed.method,
    case
        when changed.is_gone then 'The figure is no longer in the marts.'
        when changed.method = 'corrected'
            then format('Corrected by hand: %s', coalesce(changed.basis, 'no reason was given'))
        when changed.mart <> 'fct_metrics_monthly' and parts.changes is not null
            then format('Changed with %s.', parts.changes)
        when changed.mart <> 'fct_metrics_monthly' then 'The months used, a setting or the formula changed.'
        when changed.presented_method = 'corrected'
            then concat_ws(
                ' ', 'The correction was taken back.', case when changed.value is null then changed.reason end
            )
        when changed.value is null
            then format('There is no value any more: %s', coalesce(changed.reason, 'no reason is known.'))
        when changed.presented_value is null
            then format('A value has come since: %s.', concat_ws(' from ', changed.method, changed.source))
        -- What was presented would still stand above this, were it there.
        when {{ method_rank('changed.method') }} > {{ method_rank('changed.presented_method') }}
            then format(
                case
                    when changed.presented_method in ('manual', 'imported')
                        then 'The %s entry was cleared; %s stands now.'
                    else 'There is no %s value any more; %s stands now.'
                end,
                changed.presented_method,
                changed.method
            )
        when coalesce(changed.method, '') <> coalesce(changed.presented_method, '')
            then format('%s now stands above %s.', initcap(changed.method), changed.presented_method)
        when parts.changes is not null then format('Calculated anew with %s.', parts.changes)
        when changed.source_rows <> changed.presented_rows
            then format(
                '%s now holds %s records behind it instead of %s; the newest was written on %s.',
                changed.source, changed.source_rows, changed.presented_rows, to_char(changed.freshest_at, 'YYYY-MM-DD')
            )
        when changed.source = 'manual' then format('Entered anew on %s.', to_char(changed.freshest_at, 'YYYY-MM-DD'))
        else format(
            'Records of %s were changed; the newest was written on %s.',
            changed.source, to_char(changed.freshest_at, 'YYYY-MM-DD')
        )
    end as cause,
    changed.frozen_at,
    changed.frozen_by
from changed
left join parts using (organization_id, quarter, mart, client_id, period, metric)
