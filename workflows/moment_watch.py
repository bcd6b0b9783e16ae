"""`MomentWatch`: sleeps until a watch's deadline and settles it. A watch that moved later is found out only then."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import HINT_SIGNAL, WATCH_WORKFLOW, StartWatch, WatchActivities

# Tried until it is done: the database may be away for minutes, and a deadline is never forgotten.
PATIENT = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
)
SHORTEST_SLEEP = timedelta(seconds=1)


@workflow.defn(name=WATCH_WORKFLOW)
class MomentWatch:
    """One open deadline; its id is the watch row's. It holds no facts: the row does."""

    def __init__(self) -> None:
        self._hinted = False

    @workflow.run
    async def run(self, watch: StartWatch) -> None:
        sleep = max(watch.deadline - workflow.now(), timedelta(0))
        while True:
            await self._sleep(sleep)
            settled = await workflow.execute_activity_method(WatchActivities.settle, watch, **PATIENT)
            if settled.deadline is None:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(StartWatch(watch_id=watch.watch_id, deadline=settled.deadline))
            sleep = max(settled.deadline - workflow.now(), SHORTEST_SLEEP)

    @workflow.signal(name=HINT_SIGNAL)
    def hint(self) -> None:
        """The deadline moved earlier: look at the row now."""
        self._hinted = True

    async def _sleep(self, longest: timedelta) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._hinted, timeout=longest)
        self._hinted = False
