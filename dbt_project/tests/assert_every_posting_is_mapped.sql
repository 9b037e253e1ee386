{{ config(severity='warn') }}

-- An account nobody mapped still counts in its section, but somebody has to say what it is: `accounts: rules:` in the
-- organization's file. A warning here; whether it holds the decks back is decided by the checks on the organization.
select *
from {{ ref('fct_unmapped_accounts') }}
where amount <> 0
