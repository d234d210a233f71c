"""What a caller may be told: errors with a code. Everything else is masked.

AppError                  a code, a sentence that says what to do, and how HTTP puts it
├── defined beside what raises them: Unauthenticated, BadUserInput, DatabaseUnavailable, …
"""

from typing import Any, ClassVar


class AppError(Exception):
    """A foreseen error: `message` goes to the client as it is, so it never holds SQL, a stack or a secret."""

    code: ClassVar[str]
    status: ClassVar[int] = 200  # of the HTTP answer, where the error ends the whole request

    def __init__(self, message: str, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extensions = {"code": self.code, **extensions}
