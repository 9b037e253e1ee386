{{ config(materialized='table') }}

with logins as (
    {{ placed_events('stg_opsdb__login_events') }}
),

-- A log that does not say whether an attempt succeeded holds those that did.
counted as (
    select distinct
        organization_id,
        placed_environment as environment,
        client_id,
        user_id,
        local_date as active_date
    from logins
    where coalesce(is_successful, true)
)

select * from counted
