"""What is told to the user without a traceback."""


class CompareError(Exception):
    """The comparison cannot go on; the message says why, the hint what to try."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


class UsageError(CompareError):
    """An option has a value that means nothing here."""
