"""How ConnectWise shows what follows the work: its own invoices, and what clients answer in its surveys."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.connectwise.references import CURRENCY, LOCATION, day_text, info, number
from sandbox.connectwise.sales_records import Sales, contact_reference
from sandbox.connectwise.setup_records import BEGINNING
from sandbox.connectwise.work_records import agreement_reference
from sandbox.world.entities import World
from sandbox.world.psa import PsaInvoice, SurveyAnswer
from sandbox.world.satisfaction import OLD_SURVEY, OPTIONS, SURVEY

Members = dict[str, Any]

TERMS = {"id": 3, "name": "Net 30 days"}
SURVEYS = {SURVEY: "How did we do?", OLD_SURVEY: "Satisfaction 2019"}
SELECTION, OPEN_ENDED, OLD_SELECTION = 11, 12, 21


class AfterWork:
    """Everything that these records point at, looked up once."""

    def __init__(self, world: World, sales: Sales) -> None:
        self.sales = sales
        self.agreements = {one.id: agreement_reference(one) for one in world.agreements}
        self.contacts = {one.client_key: contact_reference(one) for one in world.psa.contacts if one.is_default}

    def invoice(self, one: PsaInvoice, now: datetime) -> Members:
        """An invoice of an agreement; its balance goes when it is paid, a credit memo's is negative."""
        is_paid = one.paid_at is not None and one.paid_at <= now
        total = number(one.total)
        company = self.sales.companies[one.client_key]
        is_agreement = one.kind == "Agreement"
        return {
            "id": one.id,
            "invoiceNumber": one.number,
            "type": one.kind,
            "status": {"id": 2, "name": "Paid", "isClosed": True}
            if is_paid
            else {"id": 1, "name": "Sent", "isClosed": False},
            "company": company,
            "billToCompany": company,
            "applyToType": "Agreement",
            "applyToId": one.agreement_id,
            "billingTerms": TERMS,
            "date": day_text(one.dated_on),
            "dueDate": day_text(one.dated_on + timedelta(days=30)),
            "location": LOCATION,
            "currency": CURRENCY,
            "serviceTotal": 0,
            "expenseTotal": 0,
            "productTotal": 0 if is_agreement else total,
            "agreementAmount": total if is_agreement else 0,
            "subtotal": total,
            "total": total,
            "salesTax": 0,
            "payments": number(one.total if is_paid else Decimal(0)),
            "credits": 0,
            "balance": number(Decimal(0) if is_paid else one.total),
            "agreement": self.agreements[one.agreement_id],
            "_info": info(one.updated_at(now)),
        }

    def survey_result(self, one: SurveyAnswer, now: datetime) -> Members:
        """What somebody answered. There is no date but the change mark."""
        said = [{"questionId": OPEN_ENDED, "answer": one.comment}] if one.comment else []
        return {
            "id": one.id,
            "ticketId": one.ticket_id,
            "emailAddress": one.email,
            "contactMeFlag": OPTIONS[one.option].points <= 2,
            "contact": self.contacts.get(one.client_key),
            "results": [{"questionId": SELECTION, "answer": one.option}, *said],
            "totalPoints": OPTIONS[one.option].points,
            "company": self.sales.companies[one.client_key],
            "surveyId": one.survey_id,
            "_info": info(one.updated_at(now), "client"),
        }


def surveys(_now: datetime) -> list[Members]:
    """The survey in use, and one that no longer is."""
    return [
        {
            "id": one,
            "name": name,
            "inactiveFlag": one == OLD_SURVEY,
            "headerText": "Please tell us how it went.",
            "headerTextVisibleFlag": True,
            "thankYouText": "Thank you.",
            "_info": info(BEGINNING),
        }
        for one, name in SURVEYS.items()
    ]


def survey_questions(_now: datetime) -> list[Members]:
    """What each survey asks. An answer to a selection is the place of the option, counted from 0."""
    options = [{"includeFlag": True, "caption": option.caption, "points": option.points} for option in OPTIONS]

    def question(number: int, survey: int, text: str, *, is_open: bool = False) -> Members:
        return {
            "id": number,
            "sequenceNumber": 2 if is_open else 1,
            "type": "OpenEnded" if is_open else "Selection",
            "question": text,
            "options": None if is_open else options,
            "includeFlag": True,
            "requiredFlag": not is_open,
            "surveyId": survey,
            "_info": info(BEGINNING),
        }

    return [
        question(SELECTION, SURVEY, "How content are you with the solution?"),
        question(OPEN_ENDED, SURVEY, "Anything you would like to add?", is_open=True),
        question(OLD_SELECTION, OLD_SURVEY, "How content are you?"),
    ]
