{{ tickets_classified(ref('stg_connectwise__tickets')) }}
