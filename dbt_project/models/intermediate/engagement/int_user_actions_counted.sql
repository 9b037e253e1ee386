{{ config(materialized='table') }}

with actions as (
    {{ placed_events('stg_opsdb__activation_events') }}
),

counted as (
    select distinct
        actions.organization_id,
        actions.placed_environment as environment,
        actions.client_id,
        actions.user_id,
        lower(btrim(actions.event_type)) as event_type,
        lower(btrim(actions.event_type)) = any(products.key_actions) as is_key_action,
        actions.local_date as active_date
    from actions
    inner join {{ ref('int_products_listed') }} as products
        on actions.organization_id = products.organization_id
)

select * from counted
