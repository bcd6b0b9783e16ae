"""Waiting until something answers, by asking it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from orchestrator.embedded.child import Child

_BETWEEN = timedelta(milliseconds=50)


async def until(answers: Callable[[], Awaitable[bool]], child: Child | None, *, within: timedelta) -> bool:
    """Ask until the answer is yes; False when `child` has ended or `within` has passed first."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            while child is None or child.alive:
                if await answers():
                    return True
                await asyncio.sleep(_BETWEEN.total_seconds())
    except TimeoutError:
        pass
    return False
