"""Which names the conditions and fields of each ConnectWise resource know; any other is refused as by the vendor."""

from collections.abc import Callable
from typing import Any

from sandbox.connectwise.comparison import ConditionRefused
from sandbox.connectwise.grammar import parsed

NAMES: dict[str, frozenset[str]] = {
    resource: frozenset(names.split())
    for resource, names in {
        "companies": """
            id identifier name status addressLine1 addressLine2 city state zip country phoneNumber website
            territory market defaultContact dateAcquired types site currency deletedFlag dateDeleted
            isVendorFlag leadFlag numberOfEmployees annualRevenue parentCompany timeZoneSetup customFields _info""",
        "company_types": "id name defaultFlag vendorFlag serviceAlertFlag _info",
        "company_statuses": "id name defaultFlag inactiveFlag notifyFlag _info",
        "boards": "id name location department inactiveFlag projectFlag billTime billExpense billProduct _info",
        "board_statuses": """
            id name board sortOrder displayOnBoard inactive closedStatus timeEntryNotAllowed defaultFlag
            escalationStatus customerPortalFlag _info""",
        "members": """
            id identifier firstName lastName title officeEmail primaryEmail inactiveFlag inactiveDate hireDate
            licenseClass dailyCapacity hourlyCost hourlyRate defaultLocation defaultDepartment type timeZone
            _info""",
        "agreement_types": "id name defaultFlag inactiveFlag _info",
        "agreements": """
            id name type company contact site startDate endDate noEndingDateFlag cancelledFlag dateCancelled
            reasonCancelled billAmount billingCycle periodType agreementStatus parentAgreement location
            department oneTimeFlag customFields _info""",
        "additions": """
            id product quantity lessIncluded unitPrice unitCost billCustomer effectiveDate cancelledDate
            taxableFlag description agreementId extPrice extCost sequenceNumber agreementStatus _info""",
        "tickets": """
            id summary recordType board status company site contact contactName contactEmailAddress type subType
            item team owner priority source severity impact agreement agreementType closedDate closedBy
            closedFlag actualHours budgetHours requiredDate resources parentTicketId hasChildTicket
            hasMergedChildTicketFlag mergedParentTicket location department billTime isInSla sla
            customerUpdatedFlag approved project phase isIssueFlag configuration dateResolved dateResponded
            dateResplan respondByGoalUTC resolutionGoalUTC customFields _info""",
        "time_entries": """
            id company companyType chargeToId chargeToType member workType workRole agreement timeStart timeEnd
            hoursDeduct actualHours billableOption notes hoursBilled invoiceHours hourlyCost enteredBy
            dateEntered hourlyRate invoice status ticket project location department locationId businessUnitId
            timeSheet _info""",
        "contacts": """
            id firstName lastName company site title inactiveFlag defaultFlag companyLocation communicationItems
            types portalSecurityLevel unsubscribeFlag department relationship customFields _info""",
        "board_types": "id name category defaultFlag inactiveFlag requestForChangeFlag board location department _info",
        "board_subtypes": "id name inactiveFlag typeAssociationIds addAllTypesFlag removeAllTypesFlag board _info",
        "board_items": "id name inactiveFlag board _info",
        "priorities": "id name color sortOrder defaultFlag level _info",
        "invoices": """
            id invoiceNumber type status company billToCompany applyToType applyToId billingTerms date dueDate
            location currency serviceTotal expenseTotal productTotal agreementAmount subtotal total salesTax
            payments credits balance agreement ticket project _info""",
        "opportunities": """
            id name expectedCloseDate type stage status priority probability source rating primarySalesRep
            secondarySalesRep company contact pipelineChangeDate dateBecameLead closedDate closedBy currency
            locationId businessUnitId customFields _info""",
        "opportunity_types": "id description inactiveFlag _info",
        "opportunity_stages": "id name sequenceNumber probability color _info",
        "opportunity_statuses": """
            id name wonFlag lostFlag closedFlag inactiveFlag defaultFlag enteredBy dateEntered _info""",
        "activities": """
            id name type company contact phoneNumber email status opportunity ticket agreement dateStart dateEnd
            dateEndUtc dateClosedUtc assignedBy assignTo scheduleStatus notifyFlag closeFlag currency customFields
            _info""",
        "schedule_entries": """
            id objectId name member where dateStart dateEnd status type span doneFlag acknowledgedFlag ownerFlag
            meetingFlag allowScheduleConflictsFlag acknowledgedDate closeDate hours _info""",
        "surveys": "id name inactiveFlag headerText headerTextVisibleFlag footerText thankYouText notifyMember _info",
        "survey_questions": """
            id sequenceNumber type question options includeFlag requiredFlag noAnswerPoints surveyId _info""",
        "survey_results": """
            id ticketId emailAddress footerResponse contactMeFlag contact results totalPoints company surveyId
            _info""",
    }.items()
}
CHILDREN: dict[str, dict[str, frozenset[str]]] = {
    "companies": {"types": frozenset({"id", "name"})},
    "contacts": {
        "communicationItems": frozenset({"id", "value", "defaultFlag", "domain", "communicationType", "type"}),
        "types": frozenset({"id", "name"}),
    },
    "survey_questions": {"options": frozenset({"includeFlag", "caption", "points"})},
    "survey_results": {"results": frozenset({"questionId", "answer"})},
}
"""The members that are arrays, and what their entries can be asked for in ``childConditions``."""
INFO_NAMES = frozenset({"lastUpdated", "updatedBy", "dateEntered", "enteredBy", "createdDate", "createdBy"})
REFERENCE_NAMES = frozenset({"id", "name", "identifier", "sort", "summary", "title"})


def path_of(resource: str, name: str) -> list[str]:
    """The members to walk for a name in a condition; raise ``ConditionRefused`` for a name that does not exist.

    ``lastUpdated`` and ``dateEntered`` may stand without ``_info/`` where the resource has no member so called.
    """
    first, _, rest = name.partition("/")
    known = NAMES[resource]
    if not rest and first not in known and first in INFO_NAMES:
        return ["_info", first]
    allowed = INFO_NAMES if first == "_info" else REFERENCE_NAMES
    if first not in known or (rest and rest not in allowed):
        raise ConditionRefused(f"{name} is not a recognized name.")
    return [first, rest] if rest else [first]


def child_test(resource: str, text: str) -> Callable[[dict[str, Any]], bool]:
    """Whether one entry of an array on the record passes ``childConditions`` such as ``types/id = 5``.

    All names of one condition have to be of the same array, since they are asked of one entry at a time.
    """
    arrays: set[str] = set()

    def resolve(name: str) -> Callable[[dict[str, Any]], Any]:
        array, _, rest = name.partition("/")
        first, _, deeper = rest.partition("/")
        if first not in CHILDREN.get(resource, {}).get(array, ()) or (deeper and deeper not in REFERENCE_NAMES):
            raise ConditionRefused(f"{name} is not a recognized name.")
        arrays.add(array)

        def read(entry: dict[str, Any]) -> Any:
            held = entry.get(first)
            return (held.get(deeper) if isinstance(held, dict) else None) if deeper else held

        return read

    test = parsed(text, resolve)
    if len(arrays) != 1:
        raise ConditionRefused("childConditions are about one array at a time.")
    array = arrays.pop()
    return lambda record: any(test(entry) for entry in record.get(array, ()))


def reader_for(resource: str) -> Callable[[str], Callable[[dict[str, Any]], Any]]:
    """For the grammar: what a name reads from a record."""

    def resolve(name: str) -> Callable[[dict[str, Any]], Any]:
        path = path_of(resource, name)
        if len(path) == 1:
            return lambda record: record.get(path[0])
        outer, inner = path

        def read(record: dict[str, Any]) -> Any:
            held = record.get(outer)
            return held.get(inner) if isinstance(held, dict) else None

        return read

    return resolve


def chosen_fields(resource: str, text: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The shape that ``fields`` asks for. ``_info`` is there only when named.

    Tickets and time entries refuse a name they do not have; the other resources leave it out.
    """
    paths = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        try:
            paths.append(path_of(resource, name))
        except ConditionRefused:
            if resource in ("tickets", "time_entries"):
                raise

    def chosen(record: dict[str, Any]) -> dict[str, Any]:
        picked: dict[str, Any] = {}
        for path in paths:
            value = record.get(path[0])
            if len(path) == 1 and value is not None:
                picked[path[0]] = value
            elif len(path) == 2 and isinstance(value, dict) and path[1] in value:
                picked.setdefault(path[0], {})[path[1]] = value[path[1]]
        return picked

    return chosen
