{{ config(materialized='table') }}

with periods as (
    select
        organization_id,
        period
    from {{ ref('dim_periods') }}
),

definitions as (
    select * from {{ ref('int_metric_definitions_gathered') }}
    where is_monthly
),

-- A metric the catalogue does not know, or a month that has not begun, reaches no mart.
candidates as (
    select
        candidates.*,
        {{ method_rank('candidates.method') }} as rank
    from {{ ref('int_metric_candidates_unioned') }} as candidates
    inner join periods using (organization_id, period)
    inner join definitions using (metric)
),

-- Every figure of the whole organization has a row, or its absence could not be seen; a client has those that were
-- counted for it.
figures as (
    select
        periods.organization_id,
        'all' as client_id,
        periods.period,
        definitions.metric
    from periods
    cross join definitions
    union
    select
        organization_id,
        client_id,
        period,
        metric
    from candidates
),

ranked as (
    select
        *,
        row_number() over (
            partition by organization_id, client_id, period, metric
            order by
                value is null asc,
                -- Where nothing has a value, what a person cleared on purpose says more than what was never read.
                value is null and method not in ('corrected', 'manual', 'imported') asc,
                rank asc,
                freshest_at desc nulls last,
                model asc
        ) as place
    from candidates
),

beaten as (
    select
        organization_id,
        client_id,
        period,
        metric,
        count(value)::integer as candidates,
        string_agg(format('%s (%s)', method, trim_scale(value)), ', ' order by place)
        filter (where place > 1 and value is not null) as others
    from ranked
    group by 1, 2, 3, 4
),

resolved as (
    select
        figures.organization_id,
        figures.client_id,
        figures.period,
        figures.metric,
        winner.value,
        definitions.unit,
        case when winner.value is not null then winner.method end as method,
        winner.basis,
        case
            when winner.value is not null then null
            when winner.reason is not null then winner.reason
            when definitions.usual_source = 'manual' then 'Nobody has entered or imported a value.'
            else format('Neither %s nor an import has given a value.', definitions.usual_source)
        end as reason,
        winner.source,
        winner.model,
        coalesce(winner.source_rows, 0)::bigint as source_rows,
        winner.freshest_at,
        case
            when winner.value is null then 'No candidate has a value.'
            when beaten.others is null then format('%s is the only candidate with a value.', initcap(winner.method))
            else format('%s ranks above %s.', initcap(winner.method), beaten.others)
        end as won_because,
        coalesce(beaten.candidates, 0) as candidates
    from figures
    inner join definitions using (metric)
    left join ranked as winner
        on
            figures.organization_id = winner.organization_id
            and figures.client_id = winner.client_id
            and figures.period = winner.period
            and figures.metric = winner.metric
            and winner.place = 1
    left join beaten
        on
            figures.organization_id = beaten.organization_id
            and figures.client_id = beaten.client_id
            and figures.period = beaten.period
            and figures.metric = beaten.metric
)

select * from resolved
