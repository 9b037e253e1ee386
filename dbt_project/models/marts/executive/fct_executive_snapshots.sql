{#- Without a range everything is told anew; with one, by `qbr snapshot`, only the buckets that touch it. -#}
{{
    config(
        materialized='incremental',
        unique_key=['organization_id', 'environment', 'client_id', 'bucket_type', 'bucket_date'],
        on_schema_change='append_new_columns',
        pre_hook="{% if is_incremental() %}delete from {{ this }} where {{ snapshot_range() }}{% endif %}"
    )
}}

with measured as (
    select * from {{ ref('int_snapshot_figures_measured') }}
    where {{ snapshot_range() }}
),

inputs as (
    select
        *,
        to_date(period, 'YYYY-MM') as month_date
    from {{ ref('int_manual_inputs_chosen') }}
),

-- What a person enters for a month holds for the buckets that end in it, of the whole organization alone.
joined as (
    select
        measured.*,
        organizations.as_of as computed_at,
        inputs.cash_reserve,
        inputs.cash_burn_monthly,
        inputs.runway_months as entered_runway_months,
        inputs.sales_and_marketing_spend,
        case
            when measured.client_id <> 'all' or measured.environment <> 'production'
                then 'It is entered for the whole organization.'
        end as scope_reason
    from measured
    inner join {{ ref('dim_organizations') }} as organizations
        on measured.organization_id = organizations.organization_id
    left join inputs
        on
            measured.organization_id = inputs.organization_id
            and date_trunc('month', measured.last_date)::date = inputs.month_date
),

explained as (
    select
        *,
        coalesce(
            scope_reason, case when cash_reserve is null then 'Nobody has entered the cash of the month.' end
        ) as cash_reason,
        coalesce(
            scope_reason, case when cash_burn_monthly is null then 'Nobody has entered the cash burn of the month.' end
        ) as burn_reason,
        coalesce(
            scope_reason,
            case
                when cash_burn_monthly <= 0 then 'No cash is burnt.'
                when entered_runway_months is not null then null
                when cash_reserve is null or cash_burn_monthly is null
                    then 'Nobody has entered both cash and cash burn of the month.'
            end
        ) as runway_reason,
        coalesce(
            scope_reason,
            case
                when bucket_type <> 'monthly' then 'Spending is entered by the month.'
                when sales_and_marketing_spend is null then 'Nobody has entered what sales and marketing cost.'
                when new_customers is null then 'New customers are not known: ' || (reasons ->> 'new_customers')
                when new_customers = 0 then 'There were no new customers.'
            end
        ) as cac_reason
    from joined
),

measured_in_full as (
    select
        organization_id,
        environment,
        client_id,
        bucket_type,
        bucket_date,
        last_date,
        computed_at,
        {%- for name, expression, reason in snapshot_figures() %}
        {{ name }},
        {%- endfor %}
        case when cash_reason is null then cash_reserve end as cash_reserve,
        case when burn_reason is null then cash_burn_monthly end as cash_burn_monthly,
        case
            when runway_reason is null
                then coalesce(
                    {{ round_half_even(safe_divide('cash_reserve', 'cash_burn_monthly'), 2) }}, entered_runway_months
                )
        end as runway_months,
        case
            when cac_reason is null
                then {{ round_half_even(safe_divide('sales_and_marketing_spend', 'new_customers'), 2) }}
        end as cac,
        nullif(
            reasons || jsonb_strip_nulls(
                jsonb_build_object(
                    'cash_reserve', cash_reason,
                    'cash_burn_monthly', burn_reason,
                    'runway_months', runway_reason,
                    'cac', cac_reason
                )
            ),
            '{}'
        ) as reasons
    from explained
)

select * from measured_in_full
