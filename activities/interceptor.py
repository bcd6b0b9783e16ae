"""The edge that all activities share: context for their logs, and our errors in Temporal's words."""

from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from orchestrator.errors import OrchestratorError

log = structlog.get_logger(__name__)


class Edge(Interceptor):
    """Binds `workflow_id`, `activity` and `activity_attempt`; turns an `OrchestratorError` into an `ApplicationError`."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Inbound(next)


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # whatever the activity returns
        info = activity.info()
        with structlog.contextvars.bound_contextvars(
            workflow_id=info.workflow_id, activity=info.activity_type, activity_attempt=info.attempt
        ):
            try:
                return await self.next.execute_activity(input)
            except OrchestratorError as error:
                log.warning("activity failed", code=error.code, retryable=error.retryable)
                raise ApplicationError(str(error), type=error.code, non_retryable=not error.retryable) from error
