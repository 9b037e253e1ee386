"""Mart rows as frozen dataclasses: the only place in reports that reads marts.

Every function takes an open psycopg connection and an organization; what it returns holds finished values, reasons
where one is missing, and receipts. Nothing here formats or draws.
"""
