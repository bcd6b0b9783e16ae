"""Twilio's lists: the newest first, in pages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from orchestrator.embedded.carrier.door import Asked
from orchestrator.embedded.carrier.wire import whole

Item = TypeVar("Item")


def page(
    asked: Asked, key: str, items: Sequence[Item], render: Callable[[Item], Mapping[str, Any]], filters: Sequence[str] = ()
) -> dict[str, Any]:
    """Cut one page out of `items` (newest first). The links repeat `filters`, are relative, and null at the ends."""
    size = whole(asked.query.get("PageSize"), default=50, low=1, high=1000)
    number = whole(asked.query.get("Page"), default=0, low=0, high=1_000_000)
    start = number * size
    shown = items[start : start + size]
    kept = [(name, value) for name in filters if (value := asked.query.get(name)) is not None]

    def link(to: int) -> str:
        return f"{asked.path}?{urlencode([*kept, ('PageSize', size), ('Page', to)])}"

    return {
        key: [render(item) for item in shown],
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": link(number),
        "first_page_uri": link(0),
        "previous_page_uri": link(number - 1) if number else None,
        "next_page_uri": link(number + 1) if start + size < len(items) else None,
    }
