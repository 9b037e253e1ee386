"""QuickBooks' faults, in the two cases it writes them: the company's API and the gateway before it."""

import uuid

from starlette.responses import Response

from sandbox.answers import json_answer


class Refused(Exception):
    """A request that the accounting API answers with a fault."""

    def __init__(self, code: str, message: str, detail: str, status: int = 400, kind: str = "ValidationFault") -> None:
        super().__init__(detail)
        self.code, self.message, self.detail, self.status, self.kind = code, message, detail, status, kind

    def answer(self) -> Response:
        """The fault as the accounting API writes it."""
        problem = {"Message": self.message, "Detail": self.detail, "code": self.code, "element": ""}
        return with_tid(json_answer({"Fault": {"Error": [problem], "type": self.kind}}, self.status))


def query_refused(detail: str) -> Refused:
    """A statement that the query service cannot make sense of."""
    return Refused("4000", "Error parsing query", f"QueryParserError: {detail}")


def property_refused(detail: str) -> Refused:
    """A statement that names or bounds what cannot be asked for."""
    return Refused("4001", "Invalid query", f"QueryValidationError: {detail}")


def gateway(status: int, name: str, code: str, kind: str) -> Response:
    """A fault of the gateway, which writes its keys in lower case."""
    message = f"message={name}; errorCode={code:0>6}; statusCode={status}"
    problem = {"message": message, "detail": name, "code": code, "element": None}
    body = {"warnings": None, "intuitObject": None, "fault": {"error": [problem], "type": kind}, "report": None}
    return with_tid(json_answer(body, status))


def error(status: int) -> Response:
    """The usual fault of this status."""
    if status == 401:
        return gateway(401, "AuthenticationFailed", "3200", "AUTHENTICATION")
    if status == 403:
        return gateway(403, "ApplicationAuthorizationFailed", "3100", "AUTHORIZATION")
    if status == 429:
        return gateway(429, "ThrottleExceeded", "3001", "SERVICE")
    if status == 405:
        return Refused("500", "Unsupported Operation", "This sandbox only reads.", 405, "ValidationFault").answer()
    if status == 404:
        return Refused("120", "Not found", "There is no such resource.", 404, "SystemFault").answer()
    return Refused("10000", "An application error has occurred", "System Failure Error", status, "SystemFault").answer()


def with_tid(answer: Response) -> Response:
    """The answer with the header that Intuit's support asks for."""
    answer.headers["intuit_tid"] = f"1-sandbox-{uuid.uuid4()}"
    return answer
