{{ config(materialized='table') }}

{{ report_rows_walked(ref('stg_quickbooks__balance_sheet'), nested_groups=true) }}
