"""Sends requests with urllib: time limits, trying again, reading answers."""

from __future__ import annotations

import http.client
import json
import random
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Optional

from .errors import EngramError, refusal

MIN_DELAY = 0.25
MAX_DELAY = 60.0
SAFE = frozenset(("GET", "PUT", "DELETE"))


class Event(NamedTuple):
    """One server-sent event; ``data`` is parsed where it is JSON, else the text as it came."""

    event: str
    data: Any
    id: Optional[str]


class _KeepErrors(urllib.request.HTTPErrorProcessor):
    """Hands answers of every status on: urllib would raise, and follow redirections with the key."""

    def http_response(self, request, response):  # type: ignore[no-untyped-def]
        return response

    https_response = http_response


class Transport:
    def __init__(
        self,
        url: str,
        api_key: Optional[str],
        timeout: float,
        retries: int,
        space: Optional[str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = url.rstrip("/")
        self._timeout = timeout
        self._retries = retries
        self._sleep = sleep
        self._headers = {"Accept": "application/json"}
        if api_key is not None:
            self._headers["Authorization"] = f"Bearer {api_key}"
        if space is not None:
            self._headers["X-Space"] = urllib.parse.quote(str(space), safe="")
        self._opener = urllib.request.build_opener(_KeepErrors)

    def json(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Optional[Mapping[str, Any]] = None,
        read_only: bool = False,
    ) -> Any:
        """The parsed answer, None for an empty one; raises EngramError."""
        with self._send(method, path, body, query, read_only) as response:
            text = response.read().decode("utf-8")
        if text == "":
            return None
        try:
            return json.loads(text)
        except ValueError as error:
            said = f"The answer of {method} {path} is no JSON. Is {self._base} an Engram server?"
            raise EngramError(said, 200, text) from error

    def events(self, method: str, path: str, body: Any = None, query: Optional[Mapping[str, Any]] = None) -> Iterator[Event]:
        """The events of a stream until it ends; raises EngramError where it is cut off."""
        with self._send(method, path, body, query, True, "text/event-stream") as response:
            yield from _events(response)

    @contextmanager
    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        query: Optional[Mapping[str, Any]],
        read_only: bool,
        accept: Optional[str] = None,
    ) -> Iterator[http.client.HTTPResponse]:
        response = self._repeated(method, path, body, query, read_only, accept)
        try:
            with response:
                yield response
        except (OSError, http.client.HTTPException) as error:
            raise _broken(error, "The connection broke") from error

    def _repeated(self, method, path, body, query, read_only, accept):  # type: ignore[no-untyped-def]
        attempt = 0
        while True:
            try:
                return self._attempt(method, path, body, query, accept)
            except EngramError as error:
                harmless = method in SAFE or read_only
                may_repeat = error.status == 429 or (harmless and error.status in (0, 503))
                wait = _delay(attempt, error.retry_after)
                if attempt >= self._retries or not may_repeat or wait is None:
                    raise
            self._sleep(wait)
            attempt += 1

    def _attempt(
        self, method: str, path: str, body: Any, query: Optional[Mapping[str, Any]], accept: Optional[str]
    ) -> http.client.HTTPResponse:
        headers = dict(self._headers)
        if accept is not None:
            headers["Accept"] = accept
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode("utf-8")
        elif method == "POST":
            data = b""
        request = urllib.request.Request(self._base + path + _query(query), data, headers, method=method)
        try:
            response = self._opener.open(request, timeout=self._timeout)
            if 200 <= response.status < 300:
                return response
            with response:
                text = response.read().decode("utf-8", "replace")
                raise refusal(response.status, _parsed(text) or None, _seconds(response.headers.get("Retry-After")))
        except (OSError, http.client.HTTPException) as error:
            raise _broken(error, "The server could not be reached") from error


def _broken(error: Exception, what: str) -> EngramError:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    # Until Python 3.10 a socket that waits too long says so with a class of its own.
    if isinstance(reason, (socket.timeout, TimeoutError)):
        return EngramError("Request timeout", 408)
    return EngramError(f"{what}: {reason}", 0)


def _delay(attempt: int, asked: Optional[float]) -> Optional[float]:
    """Seconds until the next try; None when the server asks for more patience than there is."""
    if asked is not None:
        return asked if asked <= MAX_DELAY else None
    full = min(MAX_DELAY, MIN_DELAY * 2**attempt)
    return full / 2 + random.random() * full / 2


def _seconds(header: Optional[str]) -> Optional[float]:
    try:
        return max(0.0, float(header)) if header is not None else None
    except ValueError:
        return None


def _query(query: Optional[Mapping[str, Any]]) -> str:
    said = [(name, _word(value)) for name, value in (query or {}).items() if value is not None]
    return "?" + urllib.parse.urlencode(said) if said else ""


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _events(response: http.client.HTTPResponse) -> Iterator[Event]:
    event, data, last_id = "", [], None
    for raw in response:
        line = raw.decode("utf-8").rstrip("\r\n")
        if line == "":
            if data:
                yield Event(event or "message", _parsed("\n".join(data)), last_id)
            event, data = "", []
            continue
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif name == "id":
            last_id = value
