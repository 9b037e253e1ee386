"""What a dealer's customer review says of the dealer itself: the section `brand.review` of an organization's file."""

from typing import Annotated

from pydantic import Field

from warehouse.config_section import Section, Text, Texts


class AgendaItem(Section):
    """One point of a review's agenda."""

    item: Text
    minutes: Annotated[int, Field(gt=0, le=240)]


class ReviewWording(Section):
    """Left empty, the agenda and the questions are the usual ones, and a line that is missing says so."""

    slogan: str = ""
    company: str = ""
    service_dispatch: str = ""
    parts: str = ""
    web: str = ""
    agenda: tuple[AgendaItem, ...] = ()
    questions: Texts = ()
