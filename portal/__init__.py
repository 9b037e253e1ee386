"""The download page: finished files, opened by signed links that expire, can be revoked at once, and are noted.

Reads what was written and notes that it was read; writes nothing else. `python -m portal` serves it.
"""
