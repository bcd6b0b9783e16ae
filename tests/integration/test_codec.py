"""What Temporal stores of us is unreadable without our keys, failures included, and readable with them."""

import asyncio
import base64
import json
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict
from temporalio.client import Client, WorkflowHistory
from typer.testing import CliRunner

from api.app import create_app
from orchestrator.cli.main import app
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from tests.integration.engine import a_namespace
from tests.integration.escalation_world import some_settings
from tests.integration.floor import a_token
from tests.integration.workflow_fakes import CLOSED, FakeEscalations, Fakes, trouble, working
from workflows.codec import CannotDecrypt, converter
from workflows.contracts import ESCALATIONS, Instruction, Next, StartEscalation
from workflows.decoding import read
from workflows.escalation import Escalation

OLD, NEW = ("old", bytes(32)), ("new", bytes(range(32)))
MARKER = "MARKER-4711-of-a-customer"
UI = "http://127.0.0.1:8233"


async def a_history(client: Client) -> tuple[StartEscalation, WorkflowHistory]:
    """The history of a process that met a failure whose text holds the marker, and an outcome that is the marker."""
    start = StartEscalation(escalation_id=uuid4())
    ends = CLOSED.model_copy(update={"outcome": MARKER})
    waits = Instruction(next=Next.SEND, messages=[uuid4()])
    fakes = Fakes(FakeEscalations([trouble(MARKER), waits, ends]))
    fakes.messaging.sending = trouble(MARKER)
    async with working(client, fakes):
        handle = await client.start_workflow(
            Escalation.run, start, id=f"escalation-{start.escalation_id}", task_queue=ESCALATIONS
        )
        assert await handle.result() == MARKER
    return start, await handle.fetch_history()


@pytest_asyncio.fixture
async def namespace(temporal_address: str) -> str:
    return await a_namespace(temporal_address)


@pytest_asyncio.fixture
async def client(temporal_address: str, namespace: str) -> Client:
    return await Client.connect(temporal_address, namespace=namespace, data_converter=converter([OLD]))


async def test_neither_payloads_nor_failures_can_be_read_in_a_history(client: Client) -> None:
    start, history = await a_history(client)

    stored = "".join(str(MessageToDict(event)) for event in history.events)
    raw = b"".join(event.SerializeToString() for event in history.events)
    inside = [event for event in history.events if event.HasField("workflow_execution_started_event_attributes")]

    assert MARKER not in stored
    assert MARKER.encode() not in raw
    assert base64.b64encode(MARKER.encode())[:-4].decode() not in stored
    # The id stands in the workflow's id, which is ours and opaque; the argument itself is sealed.
    argument = inside[0].workflow_execution_started_event_attributes.input.payloads[0]
    assert str(start.escalation_id).encode() not in argument.data
    assert argument.metadata["key-id"] == b"old"


async def test_with_the_key_all_of_it_can_be_read(client: Client) -> None:
    start, history = await a_history(client)

    readable = json.dumps(await read([NEW, OLD], json.loads(history.to_json())))

    assert readable.count(MARKER) >= 3  # the result, and the failures of two activities
    assert str(start.escalation_id) in readable


async def test_a_key_that_is_not_in_the_ring_is_said_to_be_missing(client: Client) -> None:
    _, history = await a_history(client)

    with pytest.raises(CannotDecrypt):
        await read([NEW], json.loads(history.to_json()))


async def test_a_rotated_key_encrypts_while_the_old_one_still_decrypts(
    temporal_address: str, namespace: str, client: Client
) -> None:
    _, before = await a_history(client)
    rotated = await Client.connect(temporal_address, namespace=namespace, data_converter=converter([NEW, OLD]))

    handle = rotated.get_workflow_handle(before.workflow_id, result_type=str)
    _, after = await a_history(rotated)

    assert await handle.result() == MARKER
    assert b"new" in b"".join(event.SerializeToString() for event in after.events)


async def test_the_command_prints_a_history_in_the_clear(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, history = await a_history(client)
    file = tmp_path / "history.json"
    file.write_text(history.to_json(), encoding="utf-8")
    keys = f"old:{base64.b64encode(OLD[1]).decode()}"
    for name, value in {"PAYLOAD_KEYS": keys, "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "t"}.items():
        monkeypatch.setenv(f"RINGBACK_{name}", value)

    command = ["codec", "decode", str(file), "--data", str(tmp_path)]
    told = await asyncio.to_thread(CliRunner().invoke, app, command)

    assert told.exit_code == 0
    assert MARKER in told.stdout
    assert json.loads(told.stdout)["events"]


def api_settings(database_url: str) -> Settings:
    return some_settings(database_url=database_url, temporal_ui=UI)


async def asked(database_url: str, client_host: str = "127.0.0.1", **headers: str) -> httpx.Response:
    """Ask the codec endpoint about one sealed payload, from `client_host`."""
    application = create_app(api_settings(database_url))
    (sealed,) = await converter([("a", bytes(32))]).encode([MARKER])
    metadata = {name: base64.b64encode(value).decode() for name, value in sealed.metadata.items()}
    body = {"payloads": [{"metadata": metadata, "data": base64.b64encode(sealed.data).decode()}]}
    transport = httpx.ASGITransport(app=application, client=(client_host, 1234))
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://api") as http,
    ):
        return await http.post("/codec/decode", json=body, headers=headers)


def shown(response: httpx.Response) -> str:
    return base64.b64decode(response.json()["payloads"][0]["data"]).decode()


async def test_temporals_pages_on_this_machine_are_shown_payloads(database_url: str) -> None:
    response = await asked(database_url, origin=UI)

    assert MARKER in shown(response)
    assert response.headers["access-control-allow-origin"] == UI


async def test_a_supervisor_is_shown_payloads_from_anywhere(database: Database, database_url: str) -> None:
    async with database.transaction() as session:
        token = await a_token(session)

    response = await asked(database_url, "203.0.113.7", authorization=f"Bearer {token}")

    assert MARKER in shown(response)
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("127.0.0.1", {}),
        ("127.0.0.1", {"origin": "http://elsewhere.example"}),
        ("203.0.113.7", {"origin": UI}),
        ("127.0.0.1", {"origin": UI, "x-forwarded-for": "203.0.113.7"}),
    ],
)
async def test_nobody_else_is_shown_anything(database_url: str, host: str, headers: dict[str, str]) -> None:
    response = await asked(database_url, host, **headers)

    assert response.status_code == 401
