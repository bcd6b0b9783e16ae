"""The edge that all activities share: context for their logs, signs of life, and our errors in Temporal's words."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from orchestrator.errors import OrchestratorError

log = structlog.get_logger(__name__)

_FRAMES = 8


class Edge(Interceptor):
    """Binds `workflow_id`, `activity` and `activity_attempt`; turns errors into an `ApplicationError` that holds ids only.

    Where the workflow asked for heartbeats it sends them, so that a killed worker is noticed long before an activity's limit.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Inbound(next)


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # whatever the activity returns
        info = activity.info()
        with structlog.contextvars.bound_contextvars(
            workflow_id=info.workflow_id, activity=info.activity_type, activity_attempt=info.attempt
        ):
            try:
                async with _alive(info.heartbeat_timeout):
                    return await self.next.execute_activity(input)
            except OrchestratorError as error:
                log.warning("activity failed", code=error.code, retryable=error.retryable)
                raise ApplicationError(str(error), type=error.code, non_retryable=not error.retryable) from None
            except Exception as error:  # a library's text, or a bug's, may hold a customer's values: it goes nowhere
                log.error("activity failed", error=type(error).__name__, at=places(error))
                raise ApplicationError("unexpected", type=type(error).__name__) from None


@asynccontextmanager
async def _alive(timeout: timedelta | None) -> AsyncIterator[None]:
    """Heartbeat meanwhile. What ends before the first beat is due costs Temporal nothing."""
    if timeout is None:
        yield
        return
    beating = asyncio.create_task(_beat(timeout / 3))
    try:
        yield
    finally:
        beating.cancel()


async def _beat(every: timedelta) -> None:
    while True:
        await asyncio.sleep(every.total_seconds())
        activity.heartbeat()


def places(error: BaseException) -> list[str]:
    """Return where the error came from, without any value: file, line and function, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
