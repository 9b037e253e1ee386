"""Every ConnectWise collection as a function of the instant: which records are listed, and how they look."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sandbox.connectwise import after_work_records as after
from sandbox.connectwise import sales_records as sold
from sandbox.connectwise import setup_records as setup
from sandbox.connectwise.references import rendered
from sandbox.connectwise.work_records import Work
from sandbox.shelves import Rendered
from sandbox.world.entities import World

Rows = tuple[Rendered, ...]
View = Callable[[datetime], Rows]
T = TypeVar("T", bound="Listed")


class Listed(Protocol):
    """Anything that is in a list for a time."""

    def listed_at(self, clock: datetime) -> bool:
        """Whether the vendor lists it at the clock."""


def views(world: World) -> dict[str, View]:
    """All collections of one business."""
    work = Work(world)
    return {**_setup_views(world), **_board_views(world, work), **_work_views(world, work), **_psa_views(world)}


def listing(records: Iterable[T], shown: Callable[[T, datetime], dict[str, Any]]) -> View:
    """The view of records that come and go."""
    kept = tuple(records)
    return lambda now: rendered(shown(one, now) for one in kept if one.listed_at(now))


def fixed(shown: Callable[[datetime], list[dict[str, Any]]]) -> View:
    """The view of what changes with the set-up only."""
    return lambda now: rendered(shown(now))


def _setup_views(world: World) -> dict[str, View]:
    clients = {client.key: client for client in world.clients}
    deleted = dict(world.psa.deleted_companies)
    api_member_id = max(person.id for person in world.staff) + 1

    def companies(now: datetime) -> Rows:
        return rendered(
            setup.company(client, presence, now, deleted.get(client.key))
            for client in world.clients
            if (presence := setup.known(client, now))
        )

    def members(now: datetime) -> Rows:
        people = [setup.member(person, now) for person in world.staff if person.created_at <= now]
        return rendered([*people, setup.api_member(api_member_id, world)])

    def additions(now: datetime) -> Rows:
        return rendered(
            setup.addition(one, quantity, now)
            for one in world.additions
            if one.created_at <= now and (quantity := one.quantity_at(now)) is not None
        )

    return {
        "companies": companies,
        "company_types": lambda _: rendered(setup.company_type(*kind) for kind in setup.COMPANY_TYPES.items()),
        "company_statuses": lambda _: rendered(setup.company_status(*one) for one in setup.COMPANY_STATUSES.items()),
        "members": members,
        "agreements": lambda now: rendered(
            setup.agreement(one, world, clients, now) for one in world.agreements if one.created_at <= now
        ),
        "agreement_types": lambda _: rendered(
            setup.agreement_type(kind.id, kind.name) for kind in world.agreement_types
        ),
        "additions": additions,
    }


def _board_views(world: World, work: Work) -> dict[str, View]:
    boards = {board.id: board for board in world.boards}
    return {
        "boards": lambda now: rendered(setup.board(board) for board in world.boards if board.created_at <= now),
        "board_statuses": lambda now: rendered(
            setup.board_status(status, boards[status.board_id])
            for status in world.board_statuses
            if boards[status.board_id].created_at <= now
        ),
        "board_types": fixed(work.sorting.type_rows),
        "board_subtypes": fixed(work.sorting.subtype_rows),
        "board_items": fixed(work.sorting.item_rows),
        "priorities": fixed(work.sorting.priority_rows),
    }


def _work_views(world: World, work: Work) -> dict[str, View]:
    service = [ticket for ticket in world.tickets if ticket.record_type == "ServiceTicket"]
    project = [ticket for ticket in world.tickets if ticket.record_type != "ServiceTicket"]
    project += world.psa.mistaken_tickets
    return {
        "tickets": listing(service, work.ticket),
        "project_tickets": listing(project, work.project_ticket),
        "time_entries": listing(world.time_entries, work.time_entry),
    }


def _psa_views(world: World) -> dict[str, View]:
    psa, sales = world.psa, sold.Sales(world)
    after_work = after.AfterWork(world, sales)
    return {
        "contacts": listing(psa.contacts, sales.contact),
        "opportunities": listing(psa.opportunities, sales.opportunity),
        "opportunity_types": fixed(sold.opportunity_types),
        "opportunity_stages": fixed(sold.opportunity_stages),
        "opportunity_statuses": fixed(sold.opportunity_statuses),
        "activities": listing(psa.activities, sales.activity),
        "schedule_entries": listing(psa.schedule_entries, sales.schedule_entry),
        "invoices": listing(psa.invoices, after_work.invoice),
        "surveys": fixed(after.surveys),
        "survey_questions": fixed(after.survey_questions),
        "survey_results": listing(psa.survey_answers, after_work.survey_result),
    }
