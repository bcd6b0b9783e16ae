"""What a request says its author saw of what it changes."""

from typing import Annotated

from fastapi import Depends, Header

from orchestrator.queueing.seen import Seen


async def seen(
    if_match: Annotated[str | None, Header(description="The ETag as it was read.")] = None,
    if_none_match: Annotated[str | None, Header(description="`*` for what does not exist yet.")] = None,
) -> Seen:
    return Seen(if_match, absent=if_none_match is not None and if_none_match.strip() == "*")


AsSeen = Annotated[Seen, Depends(seen)]
