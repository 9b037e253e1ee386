{{ config(materialized='table') }}

{{ report_rows_walked(ref('stg_quickbooks__profit_and_loss')) }}
