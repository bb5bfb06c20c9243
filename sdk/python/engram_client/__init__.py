"""Client for Engram, the long-term memory of AI agents. Needs nothing but Python."""

from .aio import AsyncEngramClient
from .client import EngramClient
from .errors import (
    AuthError,
    EngramError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
)

__version__ = "0.1.0"

__all__ = [
    "AsyncEngramClient",
    "AuthError",
    "EngramClient",
    "EngramError",
    "ForbiddenError",
    "NotFoundError",
    "RateLimitError",
    "ServerError",
    "ValidationError",
]
