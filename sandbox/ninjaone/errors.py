"""NinjaOne's error bodies. The published document leaves them out; live clients handle this shape."""

from starlette.responses import Response

from sandbox.answers import json_answer

MESSAGES = {
    400: "Request parameter is invalid",
    401: "Unauthorized",
    403: "Permission denied",
    404: "Not found",
    405: "Method not allowed",
    429: "Too many requests",
}


def error(status: int, message: str | None = None) -> Response:
    """A refusal, or a failure, in the shape of NinjaOne's API calls."""
    body = {
        "resultCode": "FAILURE",
        "errorMessage": message or MESSAGES.get(status, "Internal error"),
        "incidentId": f"sandbox-{status}",
    }
    return json_answer(body, status)
