"""Every table of ours, in one metadata."""

from sqlmodel import SQLModel

import orchestrator.availability.limit_tables
import orchestrator.availability.tables
import orchestrator.backtests.tables
import orchestrator.detection.tables
import orchestrator.escalations.tables
import orchestrator.identity.tables
import orchestrator.insights.tables
import orchestrator.intake.tables
import orchestrator.permissions.tables
import orchestrator.queueing.shift_tables
import orchestrator.queueing.tables
import orchestrator.storage.outbox
import orchestrator.telephony.tables
import orchestrator.wording.tables  # noqa: F401  imported for the tables they declare

METADATA = SQLModel.metadata
