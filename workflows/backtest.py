"""`Backtest`: runs one back-test when its turn has come. The row says what, and what came of it."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import BACKTEST_WORKFLOW, HINT_SIGNAL, BacktestActivities, StartBacktest

# A worker that dies is noticed by its silence, and the next one begins anew.
LONG = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(hours=6),
    heartbeat_timeout=timedelta(seconds=15),
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
)
LOOK_AGAIN = timedelta(minutes=5)  # a hint was lost


@workflow.defn(name=BACKTEST_WORKFLOW)
class Backtest:
    """One back-test; its id is the row's."""

    def __init__(self) -> None:
        self._hinted = False

    @workflow.run
    async def run(self, start: StartBacktest) -> None:
        while True:
            self._hinted = False
            ran = await workflow.execute_activity_method(BacktestActivities.run, start, **LONG)
            if ran.is_over:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start)
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._hinted, timeout=LOOK_AGAIN)

    @workflow.signal(name=HINT_SIGNAL)
    def hint(self) -> None:
        """Its turn may have come: look at the row now."""
        self._hinted = True
