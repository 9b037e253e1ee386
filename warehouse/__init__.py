"""The Postgres side: settings, server, raw loader, app tables, organizations' rules, periods."""
