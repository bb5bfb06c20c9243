"""The client. Field names are those of the HTTP API: see /docs of any server."""

from __future__ import annotations

import urllib.parse
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from ._http import Event, Transport
from .errors import EngramError, ServerError

Json = Dict[str, Any]


def _said(**fields: Any) -> Json:
    """What was given: None stands for left out."""
    return {name: value for name, value in fields.items() if value is not None}


def _segment(value: object) -> str:
    return urllib.parse.quote(str(value), safe="")


class EngramClient:
    """A memory server to talk to.

    >>> engram = EngramClient("http://localhost:4200", api_key="eg_...")     # doctest: +SKIP
    >>> engram.store_memory("The staging server moved to Oslo")["id"]        # doctest: +SKIP
    1

    timeout: seconds to wait for the server, each time it is waited for.
    retries: how often calls that may be repeated are tried again after 429, 503 and broken connections.
    space: name or id of the space to work in.
    Every method raises EngramError, or a more precise kind of it, when it did not work.
    """

    def __init__(
        self,
        url: str = "http://localhost:4200",
        api_key: Optional[str] = None,
        *,
        timeout: float = 30.0,
        retries: int = 2,
        space: Optional[str] = None,
        transport: Optional[Transport] = None,
    ) -> None:
        self._transport = transport or Transport(url, api_key, timeout, retries, space)

    # --- memories ---------------------------------------------------------------------------------------------------

    def store_memory(
        self,
        content: str,
        *,
        category: Optional[str] = None,
        source: Optional[str] = None,
        importance: Optional[float] = None,
        tags: Optional[Sequence[str]] = None,
        session_id: Optional[str] = None,
        **fields: Any,
    ) -> Json:
        """Remember a text; ``created`` is False when the memory ``id`` already said the same."""
        known = _said(category=category, source=source, importance=importance, session_id=session_id)
        labels = {} if tags is None else {"tags": list(tags)}
        return self._transport.json("POST", "/memories", {"content": content, **known, **labels, **fields})

    def get_memory(self, memory_id: int) -> Json:
        """Raises NotFoundError when there is none."""
        return self._transport.json("GET", f"/memory/{_segment(memory_id)}")

    def list_memories(self, *, limit: Optional[int] = None, offset: Optional[int] = None, **filters: Any) -> List[Json]:
        """One page, newest first."""
        return self._transport.json("GET", "/list", query=_said(limit=limit, offset=offset, **filters))["results"]

    def iter_memories(self, *, page_size: int = 100, **filters: Any) -> Iterator[Json]:
        """All of them, newest first, page by page."""
        offset = 0
        while True:
            page = self.list_memories(limit=page_size, offset=offset, **filters)
            yield from page
            if len(page) < page_size:
                return
            offset += page_size

    def update_memory(self, memory_id: int, **changes: Any) -> Json:
        """Store a new version; the answer is that version, under an id of its own."""
        return self._transport.json("POST", f"/memory/{_segment(memory_id)}/update", changes)

    def delete_memory(self, memory_id: int) -> Json:
        """Erase for good."""
        return self._transport.json("DELETE", f"/memory/{_segment(memory_id)}")

    def forget_memory(self, memory_id: int, reason: Optional[str] = None) -> Json:
        """Into the trash, from where restore_memory brings it back."""
        return self._transport.json("POST", f"/memory/{_segment(memory_id)}/forget", _said(reason=reason))

    def restore_memory(self, memory_id: int) -> Json:
        return self._transport.json("POST", f"/memory/{_segment(memory_id)}/restore")

    # --- finding ----------------------------------------------------------------------------------------------------

    def search(self, query: str, *, limit: Optional[int] = None, **options: Any) -> List[Json]:
        """Best first: memories with ``score``, and the memory as it is listed under ``memory``."""
        body = {"query": query, **_said(limit=limit), **options}
        return self._transport.json("POST", "/memories/search", body, read_only=True)

    def search_detailed(self, query: str, **options: Any) -> Json:
        """``results``, and what the answer says of itself: ``abstained``, ``degraded``, ``top_score``."""
        return self._transport.json("POST", "/search", {"query": query, **options}, read_only=True)

    def search_faceted(self, query: str = "", **options: Any) -> Json:
        return self._transport.json("POST", "/search/faceted", {"query": query, **options}, read_only=True)

    def build_context(self, query: str, *, max_tokens: Optional[int] = None, **options: Any) -> Json:
        """What is known, as a text (``context``) and as ``blocks``, within a token budget."""
        body = {"query": query, **_said(max_tokens=max_tokens), **options}
        return self._transport.json("POST", "/context", body, read_only=True)

    def stream_context(self, query: str, *, max_tokens: Optional[int] = None, **options: Any) -> Iterator[Event]:
        """``progress`` events, then ``result`` with what build_context returns."""
        body = {"query": query, **_said(max_tokens=max_tokens), **options}
        for event in self._transport.events("POST", "/context/stream", body):
            if event.event == "error":
                raise ServerError(event.data["error"], 500, event.data)
            yield event
            if event.event == "result":
                return
        raise EngramError("The stream ended before the context was complete.")

    def graph_neighborhood(self, memory_id: int, *, depth: Optional[int] = None) -> Json:
        return self._transport.json("GET", f"/graph/neighborhood/{_segment(memory_id)}", query=_said(depth=depth))

    # --- access -----------------------------------------------------------------------------------------------------

    def bootstrap(self, name: str = "admin", secret: Optional[str] = None) -> Json:
        """The first key of a new server, under ``key``; works once."""
        return self._transport.json("POST", "/bootstrap", _said(name=name, secret=secret))

    def list_keys(self) -> List[Json]:
        return self._transport.json("GET", "/keys")["keys"]

    def create_key(self, name: Optional[str] = None, **fields: Any) -> Json:
        """``key`` is shown this once."""
        return self._transport.json("POST", "/keys", {**_said(name=name), **fields})

    def revoke_key(self, key_id: int) -> Json:
        return self._transport.json("DELETE", f"/keys/{_segment(key_id)}")

    # --- everything else --------------------------------------------------------------------------------------------

    def batch(self, operations: Sequence[Mapping[str, Any]]) -> Json:
        """Up to 100 operations ``{"op": "store" | "update" | "link", "body": {...}}`` in order."""
        return self._transport.json("POST", "/batch", {"ops": list(operations)})

    def raw_get(self, path: str, query: Optional[Mapping[str, Any]] = None) -> Any:
        return self._transport.json("GET", path, query=query)

    def raw_post(self, path: str, body: Any = None) -> Any:
        return self._transport.json("POST", path, body)

    def raw_delete(self, path: str) -> Any:
        return self._transport.json("DELETE", path)
