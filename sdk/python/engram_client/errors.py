"""What is raised when a call did not work."""

from __future__ import annotations

from typing import Any, Optional


class EngramError(Exception):
    """A call that did not work.

    status: HTTP status; 408 when the time ran out, 0 when the server was not reached or the connection broke.
    body: the answer, parsed where it was JSON; None when there was none.
    retry_after: seconds after which the server thinks asking again may help, if it said so.
    """

    def __init__(self, message: str, status: int = 0, body: Any = None, retry_after: Optional[float] = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.body = body
        self.retry_after = retry_after

    @property
    def code(self) -> Optional[str]:
        """Stable name of the reason, such as ``memory_not_found``."""
        return self._said("code")

    @property
    def request_id(self) -> Optional[str]:
        """The request as the server's log knows it."""
        return self._said("request_id")

    def _said(self, name: str) -> Optional[str]:
        return self.body.get(name) if isinstance(self.body, dict) else None


class ValidationError(EngramError):
    """The server understood the request and found it wrong (400, 422)."""


class AuthError(EngramError):
    """The key is missing or unknown (401)."""


class ForbiddenError(EngramError):
    """The key may not do this (403)."""


class NotFoundError(EngramError):
    """There is no such thing (404)."""


class RateLimitError(EngramError):
    """Too many requests (429)."""


class ServerError(EngramError):
    """The server failed (5xx)."""


_BY_STATUS = {
    400: ValidationError,
    401: AuthError,
    403: ForbiddenError,
    404: NotFoundError,
    422: ValidationError,
    429: RateLimitError,
}


def refusal(status: int, body: Any, retry_after: Optional[float] = None) -> EngramError:
    """The error for an answer that is none of success."""
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else EngramError)
    said = body.get("error") if isinstance(body, dict) else None
    return kind(said or f"HTTP {status}", status, body, retry_after)
