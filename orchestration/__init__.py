"""What runs when and with what: Dagster definitions and the ``qbr`` command line. No business logic."""
