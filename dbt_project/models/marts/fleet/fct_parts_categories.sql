with covered as (
    select * from {{ ref('int_fleet_streams_covered') }}
    where stream = 'parts_orders' and is_covered
),

spent as (
    select
        lines.organization_id,
        lines.ordered_quarter as quarter,
        lines.scope_id as client_id,
        lines.category,
        count(*) - count(lines.amount) as lines_without_amount,
        sum(lines.amount) as spend
    from {{ in_both_scopes(ref('int_parts_lines_placed')) }} as lines
    inner join covered
        on
            lines.organization_id = covered.organization_id
            and lines.ordered_quarter = covered.quarter
    group by lines.organization_id, lines.ordered_quarter, lines.scope_id, lines.category
),

ranked as (
    select
        *,
        row_number() over (
            partition by organization_id, client_id, quarter
            order by spend desc nulls last, category asc
        ) as place
    from spent
),

gathered as (
    select
        organization_id,
        client_id,
        quarter,
        least(place, 6)::integer as position,
        place > 5 as is_rest,
        case when place > 5 then 'other' else max(category) end as category,
        count(*)::integer as categories,
        sum(lines_without_amount)::bigint as lines_without_amount,
        sum(spend) as spend,
        case when sum(spend) is null then 'None of its lines has an amount.' end as reason
    from ranked
    group by organization_id, client_id, quarter, least(place, 6), place > 5
)

select * from gathered
