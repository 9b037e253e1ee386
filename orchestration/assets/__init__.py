"""What exists, from a vendor's stream to a deck, as Dagster assets."""
