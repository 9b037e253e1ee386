{{ config(severity='error') }}

-- To the cent, for every total a report prints. A miss is a line lost, doubled or misread, and no deck goes out on it.
select *
from {{ ref('fct_profit_and_loss_ties') }}
where difference <> 0
