"""`Sweep`: at start and every hour, starts a process for every open row that has none."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import SWEEP_WORKFLOW, SweepActivities

LONG = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(minutes=30),
    heartbeat_timeout=timedelta(seconds=60),
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
)
EVERY = timedelta(hours=1)


@workflow.defn(name=SWEEP_WORKFLOW)
class Sweep:
    """One for the whole deployment. Continues as new each round, so its history stays a few events long."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity_method(SweepActivities.sweep, **LONG)
        await workflow.sleep(EVERY)
        workflow.continue_as_new()
