import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.integration.simulated_carrier import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    OURS,
    PATIENCE,
    a_client,
    a_free_port,
    start_command,
    until,
    wait_until_healthy,
)


@pytest.fixture
def port() -> int:
    return a_free_port()


def test_a_terminated_simulator_ends_cleanly_with_calls_and_answers_under_way(port: int) -> None:
    process = start_command("--port", str(port))
    base = f"http://127.0.0.1:{port}"
    wait_until_healthy(base, process)
    client = a_client(base)
    call = client.calls.create(to="+972501234567", from_=OURS, twiml='<Response><Pause length="99"/></Response>')
    until(lambda: client.calls(call.sid).fetch().status == "in-progress")
    httpx.put(f"{base}/_sim/faults", json={"faults": [{"kind": "hold"}]}, trust_env=False)

    with ThreadPoolExecutor() as pool:
        held = pool.submit(client.calls(call.sid).fetch)
        until(lambda: httpx.get(f"{base}/_sim/faults", trust_env=False).json()["held"] == 1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)

        assert held.result().sid == call.sid
    client.http_client.session.close()
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert "+972501234567" not in errors


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start_command("--port", str(port))
        _, errors = process.communicate(timeout=PATIENCE)

    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert str(port) in errors


def test_the_token_can_come_from_a_file(port: int, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{AUTH_TOKEN}\n")
    environment = {"RINGBACK_TWILIO_ACCOUNT_SID": "", "RINGBACK_TWILIO_AUTH_TOKEN": ""}
    process = start_command(
        "--port", str(port), "--account-sid", ACCOUNT_SID, "--auth-token-file", str(file), environment=environment
    )
    base = f"http://127.0.0.1:{port}"
    wait_until_healthy(base, process)

    client = a_client(base)
    assert client.calls.list() == []

    client.http_client.session.close()
    process.terminate()
    process.communicate(timeout=PATIENCE)


def test_missing_credentials_are_one_clear_line(port: int, tmp_path: Path) -> None:
    environment = {"RINGBACK_TWILIO_ACCOUNT_SID": "", "RINGBACK_TWILIO_AUTH_TOKEN": "", "RINGBACK_DATA": str(tmp_path)}
    process = start_command("--port", str(port), environment=environment)
    _, errors = process.communicate(timeout=PATIENCE)

    assert process.returncode == 2
    assert errors.startswith("ringback: RINGBACK_TWILIO_ACCOUNT_SID is not set")
