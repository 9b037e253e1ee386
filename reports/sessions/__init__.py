"""Review sessions: prepared as a draft, finalised with the figures that were shown, followed up by its action items.

What may be written stands in ``content``, reading in ``reading``, changing in ``saving`` and ``closing``, proposals of
the rules in ``proposals``, the rows of marts behind a review in ``figures``, the file for an editor in ``review_file``.
"""

from reports.sessions.closing import complete_action, finalise
from reports.sessions.content import Review
from reports.sessions.errors import SessionRefused, StaleVersion
from reports.sessions.reading import Action, Priority, Recommendation, Session, listed, load
from reports.sessions.saving import Saved, new, save

__all__ = [
    "Action",
    "Priority",
    "Recommendation",
    "Review",
    "Saved",
    "Session",
    "SessionRefused",
    "StaleVersion",
    "complete_action",
    "finalise",
    "listed",
    "load",
    "new",
    "save",
]
