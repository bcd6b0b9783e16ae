"""The lookout: rules that have gone silent, or find far more than usual."""

import structlog
from temporalio import activity

from orchestrator.insights.rule_watch import look
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from workflows.contracts import LookedOut, LookoutActivities

log = structlog.get_logger(__name__)


class LookingOut(LookoutActivities):
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings

    @activity.defn(name="housekeeping.look-out")
    async def look_out(self) -> LookedOut:
        """Raise and end the alarms of rules. Run twice, the second finds them raised and ended."""
        async with self._database.transaction() as session:
            done = await look(session, settings=self._settings, now=await self._database.clock.now(session))
        log.info("looked out", raised=len(done.raised), over=done.over)
        return LookedOut(raised=len(done.raised), over=done.over)
