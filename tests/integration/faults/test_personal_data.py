"""Guarantee 10: who a customer is stands in the database alone: in no log, and readable in no history, failures included."""

import asyncio
import base64
import binascii
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
from google.protobuf.json_format import MessageToDict
from temporalio.client import Client, WorkflowExecution

from orchestrator.embedded.folder import DataFolder
from orchestrator.escalations.states import Outcome
from orchestrator.telephony.tables import Leg
from tests.integration.faults.case import Case, a_case
from tests.integration.faults.floor import Floor, event, eventually

MARKERS: dict[str, Any] = {"name": "Zipporah Quincewright", "email": "zipporah@quincewright.example"}
TEXT = "Marmalade avalanche in my invoice"
NOTES = "Wants the marmalade credited"


async def histories(address: str) -> list[tuple[str, str]]:
    """Return the type of every workflow with what anybody can read in its history, payloads and all."""
    client = await Client.connect(address)
    return [(workflow.workflow_type, await history(client, workflow)) async for workflow in client.list_workflows()]


async def history(client: Client, workflow: WorkflowExecution) -> str:
    handle = client.get_workflow_handle(workflow.id, run_id=workflow.run_id)
    return " ".join([text async for step in handle.fetch_history_events() for text in readable(MessageToDict(step))])


def readable(value: Any) -> Iterator[str]:  # JSON of any shape
    match value:
        case dict():
            for name, inner in value.items():
                yield from (name, *readable(inner))
        case list():
            for inner in value:
                yield from readable(inner)
        case str():
            yield value
            with suppress(binascii.Error):
                yield base64.b64decode(value, validate=True).decode(errors="replace")
        case _:
            yield str(value)


async def break_the_table(url: str, name: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(f"ALTER TABLE {name} ADD CONSTRAINT broken CHECK (false) NOT VALID")


async def mend_the_table(url: str, name: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(f"ALTER TABLE {name} DROP CONSTRAINT broken")


async def failures(floor: Floor, case: Case) -> int:
    """Return how often an activity of the case's process has failed, as the worker's log says."""
    row = await case.row()
    assert row is not None
    said = (floor.folder.logs / "worker.log").read_text(encoding="utf-8")
    return sum("activity failed" in line and str(row.id) in line for line in said.splitlines())


async def test_guarantee_10_personal_data_is_in_no_log_and_readable_in_no_history(
    floor: Floor, server_folder: DataFolder
) -> None:
    case = await a_case(floor, **MARKERS)
    url = floor.settings.database()
    await floor.report(event("message.received", case.subject, text=TEXT, language="en"))

    await break_the_table(url, "messages")  # the insert of the promise's words fails: its values are in the error
    await case.ask()
    await case.opened()
    before = await eventually(lambda: failures(floor, case))
    await mend_the_table(url, "messages")
    await case.accepted()
    await break_the_table(url, "attempts")
    await case.desk.call()
    await eventually(lambda: failures(floor, case), lambda seen: seen > before)
    await mend_the_table(url, "attempts")
    await case.leg_is(Leg.CUSTOMER, "connected")
    await case.desk_shows("wrapping")
    await break_the_table(url, "escalation_events")
    assert (await case.desk.try_to("complete", disposition="solved", notes=NOTES)).status_code == 500
    await mend_the_table(url, "escalation_events")
    await case.desk.complete("solved", notes=NOTES)
    row = await case.closed()
    assert row.outcome is Outcome.SOLVED

    (promise,) = await case.promises()
    secrets = [*MARKERS.values(), TEXT, NOTES, case.subject, case.phone, case.desk.phone, case.desk.token, promise.words]
    said = [*await asyncio.to_thread(logs, floor.folder, server_folder), *await histories(floor.settings.temporal())]
    found = {(where, secret) for where, text in said for secret in secrets if secret in text}
    assert found == set()
    assert {"api.log", "worker.log", "postgres.log", "escalation"} <= {where for where, _ in said}


def logs(*folders: DataFolder) -> list[tuple[str, str]]:
    return [(path.name, path.read_text(errors="replace")) for folder in folders for path in folder.logs.glob("*.log")]
