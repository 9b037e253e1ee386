"""What every source shares: sign-in, paging, patience, budget, completeness. Names no vendor's endpoint."""
