"""Why a review session was not read or written; part of the tree in ``reports/errors.py``."""

from reports.errors import ReportError


class SessionRefused(ReportError):
    """A review session that cannot be written as asked; nothing was."""


class StaleVersion(SessionRefused):
    """Somebody else has changed the review since; what they wrote is not written over."""


class ReviewFileError(SessionRefused):
    """A review's file cannot be used; the message has a line for each problem in it."""
