"""What can be wrong with something that was read."""


class BrokenError(Exception):
    """It breaks its format or does not verify; `code` names how, in words joined by hyphens."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message
