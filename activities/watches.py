"""Settling watches whose deadline has come, as their processes ask for it."""

from temporalio import activity

from orchestrator.detection.acting import Policy
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.live import settle_watch
from orchestrator.storage.database import Database
from workflows.contracts import Settled, StartWatch, WatchActivities


class Watches(WatchActivities):
    def __init__(self, database: Database, library: RuleLibrary, policy: Policy) -> None:
        self._database, self._library, self._policy = database, library, policy

    @activity.defn(name="watches.settle")
    async def settle(self, watch: StartWatch) -> Settled:
        """Fire the watch, or say until when to sleep. Run twice, the second finds it fired."""
        deadline = await self._database.run(
            lambda session: settle_watch(
                session, self._library, watch.watch_id, policy=self._policy, clock=self._database.clock
            )
        )
        return Settled(deadline=deadline)
