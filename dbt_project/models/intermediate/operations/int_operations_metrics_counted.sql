{{ config(materialized='table') }}

select * from {{ ref('int_ticket_metrics_counted') }}
union all
select * from {{ ref('int_device_metrics_counted') }}
union all
select * from {{ ref('int_agreement_metrics_counted') }}
