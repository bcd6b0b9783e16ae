"""Wires workflows, activities and the relay into one process, and runs them until it is told to end."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import structlog
from temporalio.client import Client, TLSConfig
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.backtests import Backtests
from activities.dialing import Dialing
from activities.escalations import Escalations
from activities.interceptor import Edge
from activities.lookout import LookingOut
from activities.messaging import Messaging
from activities.relay import Relay
from activities.sweep import Sweeping
from activities.watches import Watches
from orchestrator.detection.acting import Policy
from orchestrator.detection.library import RuleLibrary
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.telephony.dialing import Dialer
from orchestrator.telephony.ports import Carrier
from orchestrator.telephony.posting import Posting
from workflows.backtest import Backtest
from workflows.codec import converter
from workflows.contracts import DIALING, ESCALATIONS, HOUSEKEEPING, LOOKOUT_WORKFLOW, SWEEP_WORKFLOW, WATCHES
from workflows.escalation import Escalation
from workflows.lookout import Lookout
from workflows.moment_watch import MomentWatch
from workflows.sweep import Sweep

log = structlog.get_logger(__name__)

_DRAIN = timedelta(seconds=20)  # how long activities under way may take after the end was asked for
_CONNECT_PAUSE = 2.0  # seconds between tries while Temporal is away
_HOUSEKEEPERS = (SWEEP_WORKFLOW, LOOKOUT_WORKFLOW)  # one of each for the whole deployment, by its own name


async def connect(settings: Settings) -> Client:
    """Return a client with encrypted payloads, waiting for a Temporal that is away."""
    while True:
        try:
            return await Client.connect(
                settings.temporal(),
                namespace=settings.temporal_namespace,
                data_converter=converter((key.key_id, key.secret) for key in settings.payload_keyring),
                tls=TLSConfig() if settings.temporal_tls or settings.temporal_api_key else False,
                api_key=settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None,
            )
        except (RuntimeError, RPCError) as error:  # the SDK raises RuntimeError while nobody listens
            log.warning("temporal is away", error=type(error).__name__)
            await asyncio.sleep(_CONNECT_PAUSE)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker works with."""

    settings: Settings
    database: Database
    client: Client
    carrier: Carrier


async def run(parts: Parts, ending: asyncio.Event) -> None:
    """Work until `ending` is set; then take nothing new and finish what is under way."""
    async with AsyncExitStack() as stack:
        for worker in workers(parts):
            await stack.enter_async_context(worker)
        for housekeeper in _HOUSEKEEPERS:
            await _start(parts.client, housekeeper)
        relay = asyncio.create_task(Relay(parts.database, parts.client, poll=parts.settings.relay_poll).run())
        told = asyncio.create_task(ending.wait())
        await asyncio.wait((relay, told), return_when=asyncio.FIRST_COMPLETED)
        for task in (relay, told):
            task.cancel()
        ends = await asyncio.gather(relay, told, return_exceptions=True)
        if isinstance(ends[0], Exception):
            raise ends[0]


def workers(parts: Parts) -> Sequence[Worker]:
    """Return a worker for each task queue."""
    database, settings, library = parts.database, parts.settings, RuleLibrary()
    dialing = Dialing(Dialer(database, parts.carrier, library, settings))
    messaging = Messaging(Posting(database, parts.carrier, settings))
    escalations = Escalations(database, library, settings)
    watches = Watches(database, library, Policy(settings.late_grace, settings.holdout_salt))
    # Named, or each start would hash the code of every module that is loaded: seconds in which nobody works.
    common: dict[str, Any] = {
        "build_id": version("ringback"),
        "interceptors": [Edge()],
        "graceful_shutdown_timeout": _DRAIN,
        "workflow_runner": UnsandboxedWorkflowRunner(),  # docs/adr/011: tests run them in the sandbox
    }
    return (
        Worker(
            parts.client,
            task_queue=ESCALATIONS,
            workflows=[Escalation],
            activities=[
                escalations.advance,
                escalations.fail,
                dialing.prepare,
                dialing.settle,
                dialing.stop,
                messaging.send,
                messaging.settle,
            ],
            max_concurrent_activities=30,
            **common,
        ),
        # A watch sleeps for days: nothing of it is kept in memory meanwhile.
        Worker(
            parts.client,
            task_queue=WATCHES,
            workflows=[MomentWatch],
            activities=[watches.settle],
            max_cached_workflows=0,
            max_concurrent_activities=10,
            **common,
        ),
        Worker(
            parts.client,
            task_queue=DIALING,
            activities=[dialing.submit],
            max_task_queue_activities_per_second=settings.dialing_rate,
            **common,
        ),
        Worker(
            parts.client,
            task_queue=HOUSEKEEPING,
            workflows=[Sweep, Backtest, Lookout],
            activities=[
                Sweeping(database).sweep,
                Backtests(database, settings).run,
                LookingOut(database, settings).look_out,
            ],
            **common,
        ),
    )


async def _start(client: Client, housekeeper: str) -> None:
    """Begin a round now: one that sleeps from before is ended, as what it has seen is old."""
    await client.start_workflow(
        housekeeper,
        id=housekeeper,
        task_queue=HOUSEKEEPING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
    )
