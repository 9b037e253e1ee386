with answers as (
    select * from {{ ref('stg_connectwise__survey_results') }}
    where not is_deleted
),

surveys as (
    select * from {{ ref('stg_connectwise__surveys') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

client_links as (
    select * from {{ source('app', 'client_links') }}
    where source = 'connectwise'
),

-- The best that each question can bring.
best as (
    select
        organization_id,
        survey_id,
        (
            select max((options.option ->> 'points')::numeric)
            from jsonb_array_elements(options) as options (option)
        ) as points
    from {{ ref('stg_connectwise__survey_questions') }}
    where not is_deleted and coalesce(is_included, true) and jsonb_typeof(options) = 'array'
),

most as (
    select
        organization_id,
        survey_id,
        sum(points) as points
    from best
    group by organization_id, survey_id
),

placed as (
    select
        answers.organization_id,
        answers.survey_result_id,
        answers.survey_id,
        surveys.survey_name,
        answers.ticket_id,
        coalesce(tickets.client_id, client_links.client_id, 'unassigned') as client_id,
        tickets.board_name,
        tickets.closed_period as period,
        answers.total_points as points,
        most.points as most_points,
        {{ safe_divide('answers.total_points', 'most.points') }} as share_of_points,
        answers.is_contact_wanted,
        case
            when tickets.ticket_id is null
                then 'The ticket of the answer is not known, and an answer has no date itself.'
            when tickets.closed_period is null then 'The ticket is open again, and an answer has no date itself.'
        end as unplaced_reason
    from answers
    left join surveys
        on
            answers.organization_id = surveys.organization_id
            and answers.survey_id = surveys.survey_id
    left join most
        on
            answers.organization_id = most.organization_id
            and answers.survey_id = most.survey_id
    left join tickets
        on
            answers.organization_id = tickets.organization_id
            and answers.ticket_id = tickets.ticket_id
    left join client_links
        on
            answers.organization_id = client_links.organization_id
            and answers.connectwise_company_id = client_links.source_client_id
),

-- Four of five points, or as much of another scale, is content.
scored as (
    select
        organization_id,
        survey_result_id,
        survey_id,
        survey_name,
        ticket_id,
        client_id,
        board_name,
        period,
        points,
        most_points,
        {{ round_half_even('share_of_points', 4) }} as score,
        share_of_points >= 0.8 as is_satisfied,
        is_contact_wanted,
        unplaced_reason
    from placed
)

select * from scored
