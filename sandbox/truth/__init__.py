"""The oracle: what every figure must be, computed in plain Python from the world itself.

It shares no code with the pipeline and none with the vendor modules; even the histories are cut here anew, so that a
mistake in how a vendor shows the world cannot hide in how the truth reads it.
"""

from sandbox.truth.monthly import client_inputs, monthly_inputs
from sandbox.truth.quarterly import smartnumbers, smartnumbers_of

__all__ = ["client_inputs", "monthly_inputs", "smartnumbers", "smartnumbers_of"]
