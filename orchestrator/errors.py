"""The one root of our failures: a stable code and a verdict on retrying."""

from types import TracebackType
from typing import ClassVar


class OrchestratorError(Exception):
    """A failure of ours. `str(error)` holds ids, fields and fixes only: never a name, a number or a text of a customer."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False


class BadInput(OrchestratorError):
    """Something a caller gave does not fit. Names the field and the fix; a CLI ends with 2, the API answers 4xx."""

    code = "bad_input"

    def __init__(self, detail: str, *, field: str | None = None, fix: str | None = None, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail, self.field, self.fix = detail, field, fix
        self.others: tuple[BadInput, ...] = ()  # what else does not fit, where several things were looked at
        if code is not None:
            self.code = code  # type: ignore[misc]  # one instance may carry a finer reason than its class


class Faults:
    """What does not fit, of several checks: each in a `with` of its own, and `settle` at the end raises what was found."""

    def __init__(self) -> None:
        self._found: list[BadInput] = []

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if not isinstance(error, BadInput):
            return False
        self._found += [error, *error.others]
        return True

    def settle(self) -> None:
        """Raise the first `BadInput`, with the others in it; nothing where all fits."""
        if self._found:
            first, *others = self._found
            first.others = tuple(others)
            raise first


class NoSuch(OrchestratorError):
    """What was asked for does not exist, or not for this caller."""

    code = "not_found"


class Unseen(OrchestratorError):
    """A change without the tag of what its author saw: nobody overwrites what they have not seen."""

    code = "precondition_required"

    def __init__(self, detail: str, *, fix: str) -> None:
        super().__init__(detail)
        self.field, self.fix = "If-Match", fix


class Conflict(OrchestratorError):
    """It cannot be done in the present state; what the caller believes is out of date. Nothing was changed."""

    code = "conflict"

    def __init__(self, detail: str, *, fix: str | None = None, code: str | None = None) -> None:
        super().__init__(detail)
        self.fix = fix
        if code is not None:
            self.code = code  # type: ignore[misc]  # as in BadInput


class Stale(Conflict):
    """Somebody changed it meanwhile. `difference` is from what the caller saw to what there is, as a unified diff."""

    def __init__(self, detail: str, *, tag: str | None, difference: str) -> None:
        super().__init__(detail, fix="look at the difference, and send the new ETag")
        self.tag, self.difference = tag, difference
