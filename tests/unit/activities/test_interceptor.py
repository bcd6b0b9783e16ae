"""The edge of all activities."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.interceptor import Edge
from orchestrator.errors import OrchestratorError


class Locked(OrchestratorError):
    code = "locked"
    retryable = True


class Doing(ActivityInboundInterceptor):
    """Stands for the activity itself."""

    def __init__(self, work: Any) -> None:
        self._work = work

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        return await self._work()


def an_environment(*, heartbeat: timedelta | None = None) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, heartbeat_timeout=heartbeat)
    return environment


async def execute(environment: ActivityEnvironment, work: Any) -> Any:
    inbound = Edge().intercept_activity(Doing(work))
    order = ExecuteActivityInput(fn=work, args=[], executor=None, headers={})
    return await environment.run(inbound.execute_activity, order)


@pytest.mark.parametrize(("error", "for_good"), [(Locked("no"), False), (OrchestratorError("no"), True)])
async def test_our_errors_say_by_their_class_whether_to_try_again(error: OrchestratorError, for_good: bool) -> None:
    async def work() -> None:
        raise error

    with pytest.raises(ApplicationError) as raised:
        await execute(an_environment(), work)

    assert (raised.value.type, raised.value.non_retryable) == (error.code, for_good)


async def test_what_a_library_says_goes_nowhere() -> None:
    async def work() -> None:
        raise ValueError("a customer's number")

    with pytest.raises(ApplicationError) as raised:
        await execute(an_environment(), work)

    assert (raised.value.message, raised.value.type) == ("unexpected", "ValueError")


async def test_logs_know_which_activity_they_are_of() -> None:
    async def work() -> dict[str, Any]:
        return structlog.contextvars.get_contextvars()

    environment = an_environment()
    bound = await execute(environment, work)

    assert bound == {
        "workflow_id": environment.info.workflow_id,
        "activity": environment.info.activity_type,
        "activity_attempt": environment.info.attempt,
    }


async def test_a_long_activity_shows_signs_of_life() -> None:
    environment, alive = an_environment(heartbeat=timedelta(milliseconds=30)), asyncio.Event()
    environment.on_heartbeat = lambda *_: alive.set()

    await execute(environment, alive.wait)

    assert alive.is_set()


async def test_a_short_activity_costs_no_heartbeat() -> None:
    beats: list[object] = []
    environment = an_environment(heartbeat=timedelta(hours=1))
    environment.on_heartbeat = lambda *details: beats.append(details)

    async def work() -> None:
        await asyncio.sleep(0)

    await execute(environment, work)

    assert beats == []
