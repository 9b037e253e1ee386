with tickets as (
    select * from {{ ref('fct_ticket_lifecycles') }}
    where is_reactive
),

answers as (
    select * from {{ ref('fct_survey_answers') }}
    where period is not null
),

scopes as (
    select * from {{ ref('int_metric_scopes_listed') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

entered as (
    select
        organization_id,
        scope_id as client_id,
        entered_period as period,
        count(*) as tickets_created,
        count(first_response_at) as tickets_answered,
        percentile_cont(0.5) within group (
            order by extract(epoch from first_response_at - entered_at)::double precision
        ) as response_seconds
    from {{ in_both_scopes('tickets') }} as tickets
    group by organization_id, entered_period, scope_id
),

closed as (
    select
        organization_id,
        scope_id as client_id,
        closed_period as period,
        count(*) as tickets_closed,
        percentile_cont(0.5) within group (
            order by extract(epoch from closed_at - entered_at)::double precision
        ) as resolution_seconds,
        count(is_sla_met) as sla_decided,
        count(*) filter (where is_sla_met) as sla_met
    from {{ in_both_scopes('tickets') }} as tickets
    where closed_period is not null
    group by organization_id, closed_period, scope_id
),

answered as (
    select
        organization_id,
        scope_id as client_id,
        period,
        count(*) as csat_answers,
        count(is_satisfied) as csat_scored,
        count(*) filter (where is_satisfied) as csat_satisfied,
        avg({{ safe_divide('points', 'most_points') }}) as csat_score
    from {{ in_both_scopes('answers') }} as answers
    group by organization_id, period, scope_id
),

-- Answers that were not read over the month are as unknown as those that were never read.
surveys as (
    select
        organization_id,
        period,
        is_covered,
        reason
    from {{ ref('int_periods_covered') }}
    where source = 'connectwise' and stream = 'survey_results'
),

explained as (
    select
        coverage.organization_id,
        scopes.client_id,
        coverage.period,
        case
            when coverage.reason is not null then coverage.reason
            when rules.service_boards is null then 'No service board is configured.'
            when rules.closed_statuses is null then 'No closed status is configured.'
            when not scopes.is_in_connectwise then 'The client is not known in ConnectWise.'
        end as reason,
        surveys.is_covered as is_surveyed,
        surveys.reason as survey_reason
    from {{ ref('int_periods_covered') }} as coverage
    inner join scopes on coverage.organization_id = scopes.organization_id
    inner join rules on coverage.organization_id = rules.organization_id
    inner join surveys
        on
            coverage.organization_id = surveys.organization_id
            and coverage.period = surveys.period
    where coverage.source = 'connectwise' and coverage.stream = 'tickets'
),

measured as (
    select
        explained.organization_id,
        explained.client_id,
        explained.period,
        case when explained.reason is null then coalesce(entered.tickets_created, 0) end as tickets_created,
        case when explained.reason is null then coalesce(closed.tickets_closed, 0) end as tickets_closed,
        case when explained.reason is null then coalesce(entered.tickets_answered, 0) end as tickets_answered,
        case
            when explained.reason is null
                then {{ round_half_even('entered.response_seconds::numeric / 3600', 2) }}
        end as median_response_hours,
        case
            when explained.reason is not null then explained.reason
            when coalesce(entered.tickets_created, 0) = 0 then 'No reactive ticket was opened in the month.'
            when entered.tickets_answered = 0
                then 'No first response to a ticket that was opened in the month is known.'
        end as median_response_hours_reason,
        case
            when explained.reason is null
                then {{ round_half_even('closed.resolution_seconds::numeric / 3600', 2) }}
        end as median_resolution_hours,
        case
            when explained.reason is not null then explained.reason
            when coalesce(closed.tickets_closed, 0) = 0 then 'No reactive ticket was closed in the month.'
        end as median_resolution_hours_reason,
        case when explained.reason is null then coalesce(closed.sla_decided, 0) end as sla_decided,
        case when explained.reason is null then coalesce(closed.sla_met, 0) end as sla_met,
        case
            when explained.reason is null
                then {{ round_half_even(safe_divide('closed.sla_met', 'closed.sla_decided'), 4) }}
        end as sla_met_pct,
        case
            when explained.reason is not null then explained.reason
            when coalesce(closed.sla_decided, 0) = 0
                then 'No ticket that was closed in the month had a service level to keep.'
        end as sla_reason,
        case
            when explained.reason is null and explained.is_surveyed then coalesce(answered.csat_answers, 0)
        end as csat_answers,
        case
            when explained.reason is null and explained.is_surveyed then coalesce(answered.csat_satisfied, 0)
        end as csat_satisfied,
        case
            when explained.reason is null and explained.is_surveyed
                then {{ round_half_even(safe_divide('answered.csat_satisfied', 'answered.csat_scored'), 4) }}
        end as csat_pct,
        case
            when explained.reason is null and explained.is_surveyed
                then {{ round_half_even('answered.csat_score', 4) }}
        end as csat_score,
        case
            when explained.reason is not null then explained.reason
            when explained.survey_reason is not null then explained.survey_reason
            when coalesce(answered.csat_scored, 0) = 0
                then 'Nobody has answered a survey about a ticket that was closed in the month.'
        end as csat_reason,
        explained.reason
    from explained
    left join entered
        on
            explained.organization_id = entered.organization_id
            and explained.client_id = entered.client_id
            and explained.period = entered.period
    left join closed
        on
            explained.organization_id = closed.organization_id
            and explained.client_id = closed.client_id
            and explained.period = closed.period
    left join answered
        on
            explained.organization_id = answered.organization_id
            and explained.client_id = answered.client_id
            and explained.period = answered.period
)

select * from measured
