"""ConnectWise's error bodies."""

from starlette.responses import Response

from sandbox.answers import json_answer

BODIES = {
    400: ("InvalidParameter", "The request is invalid."),
    401: ("ConnectWiseApi", "UserNotAuthenticated"),
    403: ("ConnectWiseApi", "UserNotAuthorized"),
    404: ("NotFound", "The requested resource was not found."),
    405: ("ConnectWiseApi", "The requested resource does not support this method."),
    414: ("UriTooLong", "The request URL is too long."),
    429: ("TooManyRequests", "The request limit was reached."),
    500: ("ConnectWiseApi", "A timeout has occured. Please try again."),
}


def error(status: int, message: str | None = None, code: str | None = None) -> Response:
    """A refusal, or a failure, in ConnectWise's shape."""
    known_code, known_message = BODIES.get(status, BODIES[500])
    return json_answer({"code": code or known_code, "message": message or known_message}, status)
