"""Twilio's error bodies, and the codes the simulator answers with."""

from typing import Any, ClassVar

from orchestrator.errors import OrchestratorError


class Refused(OrchestratorError):
    """A REST request is answered with Twilio's error body `{code, message, more_info, status}`.

    `message` is worded as Twilio does, numbers and all, and goes to the caller only; `str(error)` holds the code.
    """

    code: ClassVar[str] = "carrier_refused"

    def __init__(self, status: int, number: int, message: str) -> None:
        super().__init__(str(number))
        self.status, self.number, self.message = status, number, message

    def body(self) -> dict[str, Any]:
        return {
            "code": self.number,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.number}",
            "status": self.status,
        }


def unauthorized() -> Refused:
    return Refused(401, 20003, "Authenticate")


def not_found(path: str) -> Refused:
    return Refused(404, 20404, f"The requested resource {path} was not found")


def too_many_requests() -> Refused:
    return Refused(429, 20429, "Too Many Requests")


def server_error() -> Refused:
    return Refused(500, 20500, "Internal Server Error")


def unavailable() -> Refused:
    return Refused(503, 20503, "Service is unavailable")


def missing_to() -> Refused:
    return Refused(400, 21201, "No 'To' number is specified")


def invalid_url(name: str, value: str | None) -> Refused:
    return Refused(400, 21205, f"{name} is not a valid URL: {value}" if value else f"{name} parameter is required.")


def unverified_from(number: str) -> Refused:
    message = f"The source phone number provided, {number}, is not yet verified for your account."
    return Refused(400, 21210, message)


def invalid_to(number: str) -> Refused:
    return Refused(400, 21211, f"The phone number you are attempting to call, {number}, is not valid.")


def invalid_from(number: str) -> Refused:
    return Refused(400, 21212, f"The source phone number provided, {number}, is not valid.")


def missing_from() -> Refused:
    return Refused(400, 21213, "Caller phone number is required to make a call. Use parameter From=")


def invalid_application() -> Refused:
    return Refused(400, 21218, "The provided application SID is not valid.")


def not_in_progress() -> Refused:
    return Refused(400, 21220, "Call is not in-progress. Cannot redirect.")


def bad_status_events(value: str) -> Refused:
    return Refused(400, 21626, f"StatusCallbackEvent {value} is not supported.")


def bad_parameter(name: str) -> Refused:
    return Refused(400, 20001, f"Parameter {name} is not valid")


def repeated_label(label: str) -> Refused:
    return Refused(400, 16025, f"Participant label {label} is already in use in this conference.")


def missing_body() -> Refused:
    return Refused(400, 21602, "Message body is required.")


def missing_sender() -> Refused:
    return Refused(400, 21603, "A 'From' phone number is required.")


def bad_sender(number: str) -> Refused:
    return Refused(400, 21606, f"The 'From' phone number provided ({number}) is not a valid, message-capable number.")


def opted_out() -> Refused:
    return Refused(400, 21610, "Attempt to send to unsubscribed recipient")


def body_too_long() -> Refused:
    return Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
