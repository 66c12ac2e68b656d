"""How Duban says no: one tree.

    DubanError
    ├── RefusedError                 a rule of the field refused the command
    │   └── GuardFailedError         … a named guard (G01 … G28)
    ├── InvalidValueError            a value is well-formed but not acceptable here
    ├── NotFoundError                no such thing
    ├── UnauthenticatedError         no valid token
    ├── ForbiddenError               the role may not do this
    ├── ConflictError                somebody else wrote first
    │   ├── StaleVersionError        If-Match names an older version
    │   └── CommandInProgressError   the same Idempotency-Key is being worked on
    ├── VersionRequiredError         If-Match is missing
    ├── IdempotencyKeyMissingError   Idempotency-Key is missing
    ├── IdempotencyKeyReusedError    the key was used for another request
    ├── TooLargeError                larger than the limit
    ├── UnavailableError             a part that is needed does not answer now
    │   └── NotYetSeenError          an effect came before its cause
    └── ContractError                a stored or received record breaks the contract
        ├── NotCanonicalError        not canonical JSON
        ├── UnknownEventError        no such event type or schema version
        └── NewerSchemaError         written by a newer Duban than this one

Every error has a `code`, stable and machine-readable, that names the broken rule. Messages name
numbers and codes only: never names of people, never the content of leads.
"""

from typing import ClassVar


class DubanError(Exception):
    """The root. `detail` is safe to show to the caller."""

    code: ClassVar[str] = "duban-error"
    title: ClassVar[str] = "Duban could not do this"

    def __init__(self, detail: str, **ids: str | int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.ids = ids


class RefusedError(DubanError):
    """A rule of the field refused the command; nothing was written."""

    code = "refused"
    title = "The command was refused"


class GuardFailedError(RefusedError):
    """A named guard of the life cycle refused; `guard` is its number, such as `G06`."""

    code = "guard-failed"
    title = "A guard refused the command"

    def __init__(self, guard: str, detail: str, **ids: str | int) -> None:
        super().__init__(f"{guard}: {detail}", **ids)
        self.guard = guard


class InvalidValueError(DubanError):
    code = "invalid-value"
    title = "A value is not acceptable"


class NotFoundError(DubanError):
    code = "not-found"
    title = "There is no such thing"


class UnauthenticatedError(DubanError):
    code = "unauthenticated"
    title = "A valid bearer token is required"


class ForbiddenError(DubanError):
    code = "forbidden"
    title = "The role may not do this"


class ConflictError(DubanError):
    code = "conflict"
    title = "Somebody else wrote first"


class StaleVersionError(ConflictError):
    code = "stale-version"
    title = "The thing has changed since it was read"


class CommandInProgressError(ConflictError):
    code = "command-in-progress"
    title = "The same command is being worked on"


class VersionRequiredError(DubanError):
    code = "version-required"
    title = "If-Match is required"


class IdempotencyKeyMissingError(DubanError):
    code = "idempotency-key-missing"
    title = "Idempotency-Key is required"


class IdempotencyKeyReusedError(DubanError):
    code = "idempotency-key-reused"
    title = "The Idempotency-Key was used for another request"


class TooLargeError(DubanError):
    code = "too-large"
    title = "Larger than the limit"


class UnavailableError(DubanError):
    code = "unavailable"
    title = "A part that is needed does not answer now"


class NotYetSeenError(UnavailableError):
    """A reaction needs what another stream tells, and that has not come yet."""

    code = "not-yet-seen"
    title = "What this rests on has not arrived yet"


class ContractError(DubanError):
    code = "contract-broken"
    title = "A record breaks the contract"


class NotCanonicalError(ContractError):
    code = "not-canonical"
    title = "The record is not canonical JSON"


class UnknownEventError(ContractError):
    code = "unknown-event"
    title = "No such event type or schema version"


class NewerSchemaError(ContractError):
    code = "newer-schema"
    title = "The record was written by a newer Duban"
