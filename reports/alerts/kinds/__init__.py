"""The kinds of alert rules: each a function from a rule and a situation to what it finds wrong."""
