"""Stripe's error bodies."""

from starlette.responses import Response

from sandbox.answers import json_answer


class Refused(Exception):
    """A request that Stripe answers with an error; raised deep down, answered at the door."""

    def __init__(self, message: str, status: int = 400, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message, self.status, self.code, self.param = message, status, code, param

    def answer(self) -> Response:
        """The refusal in Stripe's shape."""
        return body_of(self.status, self.message, self.code, self.param)


MESSAGES = {
    401: ("You did not provide a valid API key.", None),
    403: ("The provided key does not have the required permissions for this endpoint.", "more_permissions_required"),
    404: ("Unrecognized request URL.", "resource_missing"),
    405: ("This sandbox only reads: invalid request method.", None),
    429: ("Request rate limit exceeded.", "rate_limit"),
    500: ("An unknown error occurred.", None),
}


def body_of(status: int, message: str, code: str | None = None, param: str | None = None) -> Response:
    """An error body; only ``type`` and ``message`` are always there."""
    detail = {"type": "api_error" if status >= 500 else "invalid_request_error", "message": message}
    detail.update({name: value for name, value in (("code", code), ("param", param)) if value})
    return json_answer({"error": detail}, status, {"request-id": "req_sandbox"})


def error(status: int) -> Response:
    """A refusal, or a failure, with Stripe's usual words for this status."""
    message, code = MESSAGES.get(status, MESSAGES[500])
    return body_of(status, message, code)
