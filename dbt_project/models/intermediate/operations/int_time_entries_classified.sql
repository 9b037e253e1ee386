{{ time_entries_classified(ref('stg_connectwise__time_entries')) }}
