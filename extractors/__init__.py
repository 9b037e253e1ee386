"""Vendors to pages of records. Knows HTTP and nothing of Postgres, dbt or Dagster."""
