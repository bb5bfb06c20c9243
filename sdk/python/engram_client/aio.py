"""The same for asyncio: every call runs in a thread, so that the event loop goes on meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Callable, Iterator, TypeVar

from .client import EngramClient

T = TypeVar("T")
_END = object()
_STREAMS = frozenset(("iter_memories", "stream_context"))


class AsyncEngramClient:
    """The methods of EngramClient, to be awaited; those that iterate are for ``async for``.

    >>> engram = AsyncEngramClient("http://localhost:4200", api_key="eg_...")      # doctest: +SKIP
    >>> found = await engram.search("where is staging?")                           # doctest: +SKIP
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._client = EngramClient(*args, **options)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        if name.startswith("_") or not callable(method):
            raise AttributeError(name)
        if name in _STREAMS:
            return lambda *args, **options: _stream(method(*args, **options))

        async def call(*args: Any, **options: Any) -> Any:
            return await _in_thread(lambda: method(*args, **options))

        return call


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, work)


async def _stream(events: Iterator[T]) -> AsyncIterator[T]:
    while True:
        event: Any = await _in_thread(lambda: next(events, _END))
        if event is _END:
            return
        yield event
