"""Operational databases of two made-up firms: a software product with tenants, and a dealer in lift trucks.

Their tables are shaped and named as other people's systems are, so that reading them takes a real mapping. Every row
carries from when until when it was so; views show it as of the sandbox's clock. The firms have nothing to do with the
business that the simulated vendors serve, and draw from streams of their own.
"""

from sandbox.opsdb.server import OperationalDatabases

__all__ = ["OperationalDatabases"]
