with measured as (
    select * from {{ ref('int_investor_figures_measured') }}
),

inputs as (
    select * from {{ ref('int_manual_inputs_chosen') }}
)

select
    organization_id,
    measured.period,
    {%- for name, expression, reason in investor_figures() %}
    measured.{{ name }},
    {%- endfor %}
    inputs.customer_satisfaction,
    inputs.customer_satisfaction_entered_at,
    inputs.nps,
    inputs.nps_entered_at,
    inputs.ai_accuracy_rate,
    inputs.ai_accuracy_sample_size,
    inputs.ai_accuracy_rate_entered_at,
    nullif(
        measured.reasons || jsonb_strip_nulls(
            jsonb_build_object(
                'customer_satisfaction',
                case when inputs.customer_satisfaction is null then 'Nobody has entered a survey''s result.' end,
                'nps',
                case when inputs.nps is null then 'Nobody has entered a survey''s result.' end,
                'ai_accuracy_rate',
                case when inputs.ai_accuracy_rate is null then 'Nobody has entered the result of an evaluation.' end
            )
        ),
        '{}'
    ) as reasons
from measured
left join inputs using (organization_id, period)
