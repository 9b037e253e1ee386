with devices as (
    select * from {{ ref('fct_device_months') }}
    where is_endpoint
),

snapshots as (
    select * from {{ ref('int_device_snapshots_chosen') }}
),

reports as (
    select * from {{ ref('int_device_reports_chosen') }}
),

scopes as (
    select * from {{ ref('int_metric_scopes_listed') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

lists as (
    select * from {{ ref('int_device_lists_read') }}
),

counted as (
    select
        organization_id,
        scope_id as client_id,
        period,
        min(method) as method,
        count(*) as endpoints,
        count(*) filter (where is_seat) as seats,
        count(*) filter (where is_reporting) as reporting,
        count(lacking_patches) as patches_known,
        count(*) filter (where lacking_patches = 0) as patched,
        count(is_antivirus_on) as antivirus_known,
        count(*) filter (where is_antivirus_on) as antivirus_on,
        count(*) filter (where is_antivirus_current) as antivirus_current,
        count(*) filter (where age_days <= 365) as under_1_year,
        count(*) filter (where age_days between 366 and 1095) as from_1_to_3_years,
        count(*) filter (where age_days between 1096 and 1826) as from_3_to_5_years,
        count(*) filter (where age_days >= 1827) as from_5_years,
        count(*) filter (where age_days is null) as age_unknown,
        percentile_cont(0.5) within group (order by age_days) as median_age_days,
        count(*) filter (where is_os_supported) as os_supported,
        count(*) filter (where not is_os_supported) as os_unsupported,
        count(*) filter (where is_os_supported is null) as os_unknown
    from {{ in_both_scopes('devices') }} as devices
    group by organization_id, scope_id, period
),

months as (
    select
        organization_id,
        period,
        min(method) as method
    from devices
    group by organization_id, period
),

explained as (
    select
        snapshots.organization_id,
        scopes.client_id,
        snapshots.period,
        months.method,
        reports.systems_date,
        reports.patches_date,
        reports.antivirus_date,
        case
            when months.method is null and snapshots.snapshot_date is null
                then 'NinjaOne devices were not read to the end on any day of ' || snapshots.snapshot_period || '.'
            when lists.organization_id is null
                then 'NinjaOne organizations and locations were never both read to the end.'
            when not scopes.is_in_ninjaone then 'The client is not known in NinjaOne.'
            when scopes.is_excluded then 'The client''s devices are left out by a rule.'
        end as reason,
        case when rules.seat_device_classes is null then 'No device class is configured to be a seat.' end
            as seat_rule_reason
    from snapshots
    inner join scopes on snapshots.organization_id = scopes.organization_id
    inner join rules on snapshots.organization_id = rules.organization_id
    left join lists on snapshots.organization_id = lists.organization_id
    left join months
        on
            snapshots.organization_id = months.organization_id
            and snapshots.period = months.period
    left join reports
        on
            snapshots.organization_id = reports.organization_id
            and snapshots.period = reports.period
),

joined as (
    select
        explained.organization_id,
        explained.client_id,
        explained.period,
        explained.method,
        explained.reason,
        coalesce(explained.reason, explained.seat_rule_reason) as seats_reason,
        coalesce(counted.endpoints, 0) as endpoints,
        coalesce(counted.seats, 0) as seats,
        coalesce(counted.reporting, 0) as reporting,
        coalesce(counted.patches_known, 0) as patches_known,
        coalesce(counted.patched, 0) as patched,
        coalesce(counted.antivirus_known, 0) as antivirus_known,
        coalesce(counted.antivirus_on, 0) as antivirus_on,
        coalesce(counted.antivirus_current, 0) as antivirus_current,
        coalesce(counted.under_1_year, 0) as under_1_year,
        coalesce(counted.from_1_to_3_years, 0) as from_1_to_3_years,
        coalesce(counted.from_3_to_5_years, 0) as from_3_to_5_years,
        coalesce(counted.from_5_years, 0) as from_5_years,
        coalesce(counted.age_unknown, 0) as age_unknown,
        counted.median_age_days,
        coalesce(counted.os_supported, 0) as os_supported,
        coalesce(counted.os_unsupported, 0) as os_unsupported,
        coalesce(counted.os_unknown, 0) as os_unknown,
        -- What was not read in the month, in the words of the report; estimates have no reports at all.
        case
            when explained.reason is not null then explained.reason
            when explained.method = 'estimated'
                then 'The month is from before the first reading, and NinjaOne tells only what is.'
        end as unread_reason,
        explained.systems_date,
        explained.patches_date,
        explained.antivirus_date
    from explained
    left join counted
        on
            explained.organization_id = counted.organization_id
            and explained.client_id = counted.client_id
            and explained.period = counted.period
),

reasoned as (
    select
        *,
        case
            when unread_reason is not null then unread_reason
            when systems_date is null or patches_date is null
                then 'NinjaOne operating systems and patches were not both read to the end in the month.'
            when patches_known = 0 then 'No endpoint told its patches.'
        end as patch_reason,
        case
            when unread_reason is not null then unread_reason
            when systems_date is null or antivirus_date is null
                then 'NinjaOne operating systems and antivirus were not both read to the end in the month.'
            when antivirus_known = 0 then 'No endpoint told its antivirus.'
        end as antivirus_reason,
        case
            when unread_reason is not null then unread_reason
            when systems_date is null then 'NinjaOne operating systems were not read to the end in the month.'
            when os_supported + os_unsupported = 0 then 'No endpoint runs an operating system with a known end of life.'
        end as os_reason
    from joined
),

measured as (
    select
        organization_id,
        client_id,
        period,
        case when reason is null then method end as method,
        case when reason is null then endpoints end as endpoints,
        case when seats_reason is null then seats end as seats,
        seats_reason,
        case when unread_reason is null and systems_date is not null then reporting end as reporting,
        case when patch_reason is null then patched end as patched,
        case when patch_reason is null then patches_known - patched end as lacking_patches,
        case
            when unread_reason is null and systems_date is not null and patches_date is not null
                then endpoints - patches_known
        end as patches_unknown,
        case
            when patch_reason is null then {{ round_half_even(safe_divide('patched', 'patches_known'), 4) }}
        end as patched_pct,
        patch_reason,
        case when antivirus_reason is null then antivirus_on end as antivirus_on,
        case when antivirus_reason is null then antivirus_current end as antivirus_current,
        case
            when unread_reason is null and systems_date is not null and antivirus_date is not null
                then endpoints - antivirus_known
        end as antivirus_unknown,
        case
            when antivirus_reason is null
                then {{ round_half_even(safe_divide('antivirus_on', 'antivirus_known'), 4) }}
        end as antivirus_on_pct,
        case
            when antivirus_reason is null
                then {{ round_half_even(safe_divide('antivirus_current', 'antivirus_known'), 4) }}
        end as antivirus_current_pct,
        antivirus_reason,
        case when reason is null then under_1_year end as under_1_year,
        case when reason is null then from_1_to_3_years end as from_1_to_3_years,
        case when reason is null then from_3_to_5_years end as from_3_to_5_years,
        case when reason is null then from_5_years end as from_5_years,
        case when reason is null then age_unknown end as age_unknown,
        case
            when reason is null then {{ round_half_even('median_age_days::numeric / 365.25', 2) }}
        end as median_age_years,
        case when unread_reason is null and systems_date is not null then os_supported end as os_supported,
        case when unread_reason is null and systems_date is not null then os_unsupported end as os_unsupported,
        case when unread_reason is null and systems_date is not null then os_unknown end as os_unknown,
        case
            when os_reason is null
                then {{ round_half_even(safe_divide('os_supported', 'os_supported + os_unsupported'), 4) }}
        end as os_supported_pct,
        os_reason,
        reason
    from reasoned
)

select * from measured
