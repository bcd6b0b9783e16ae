"""`Lookout`: at start and every five minutes, looks whether a rule has gone silent or explodes."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import LOOKOUT_WORKFLOW, LookoutActivities

PATIENT = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(minutes=5), retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1))
)
EVERY = timedelta(minutes=5)


@workflow.defn(name=LOOKOUT_WORKFLOW)
class Lookout:
    """One for the whole deployment. Continues as new each round, so its history stays a few events long."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity_method(LookoutActivities.look_out, **PATIENT)
        await workflow.sleep(EVERY)
        workflow.continue_as_new()
