"""The least a workflow can be that does anything: one activity that does nothing."""

from datetime import timedelta

from temporalio import activity, workflow

QUEUE = "bare"


@activity.defn(name="bare.nothing")
async def nothing() -> None:
    pass


@workflow.defn(name="bare")
class Bare:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=30))
