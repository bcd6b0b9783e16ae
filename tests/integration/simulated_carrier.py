"""The carrier simulator as a real process, and an application that answers its webhooks from the test's own process."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "token-of-the-simulated-account"
OURS = "+15005550006"
SPEED = 20
PATIENCE = 30.0

Twiml = str | tuple[int, str, str]
Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    fields: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(slots=True)
class Application:
    """A stand-in for whatever Twilio calls: it checks every signature, keeps every request, answers what it is told."""

    base: str
    received: list[Received] = field(default_factory=list)
    unsigned: list[Received] = field(default_factory=list)
    _answers: dict[str, Callable[[Received], Twiml]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def url(self, path: str, **query: str) -> str:
        return str(httpx.URL(self.base + path, params=query or None))

    def answer(self, path: str, twiml: Twiml | Callable[[Received], Twiml]) -> str:
        """Answer `path` so from now on; returns its URL."""
        self._answers[path] = _always(twiml) if isinstance(twiml, str | tuple) else twiml
        return self.url(path)

    def hear(self, received: Received, *, signed: bool) -> tuple[int, str, str]:
        with self._changed:
            self.received.append(received)
            if not signed:
                self.unsigned.append(received)
            self._changed.notify_all()
        answer = self._answers.get(received.path, _always((204, "text/plain", "")))(received)
        return (200, "text/xml", answer) if isinstance(answer, str) else answer

    def on(self, path: str, **fields: str) -> list[Received]:
        """Return what came to `path` with these fields, in the order of arrival."""
        return [one for one in self.received if one.path == path and fields.items() <= one.fields.items()]

    def wait_for(self, path: str, *, count: int = 1, **fields: str) -> list[Received]:
        """Wait until `count` requests of this kind have come, and return them."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.on(path, **fields)) >= count, timeout=PATIENCE)
        seen = [(one.path, one.fields.get("CallStatus")) for one in self.received]
        assert came, f"waited in vain for {count} x {path} {fields}; came: {seen}"
        return self.on(path, **fields)


def _always(twiml: Twiml) -> Callable[[Received], Twiml]:
    return lambda _: twiml


@contextmanager
def an_application() -> Iterator[Application]:
    validator = RequestValidator(AUTH_TOKEN)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

        def do_GET(self) -> None:
            self._serve("")

        def _serve(self, body: str) -> None:
            fields = dict(parse_qsl(body, keep_blank_values=True))
            url = urlsplit(self.path)
            received = Received(self.command, url.path, dict(parse_qsl(url.query)), fields, dict(self.headers.items()))
            signature = self.headers.get("X-Twilio-Signature", "")
            signed = validator.validate(application.base + self.path, fields, signature)
            status, content_type, text = application.hear(received, signed=signed)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    application = Application(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield application
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(slots=True)
class Carrier:
    """The running simulator: `rest` is Twilio's own client, `control` speaks to `/_sim`."""

    base: str
    rest: Client
    control: httpx.Client

    def phone(self, number: str, *scripts: Mapping[str, Any]) -> str:
        """Script a phone and return its number."""
        script = scripts[0] if len(scripts) == 1 else list(scripts)
        self.control.put(f"/_sim/phones/{number}", json=script).raise_for_status()
        return number

    def faults(self, *faults: Mapping[str, Any], seed: int = 0) -> None:
        self.control.put("/_sim/faults", json={"seed": seed, "faults": list(faults)}).raise_for_status()

    def configure(self, **settings: Any) -> None:
        self.control.put("/_sim/config", json=settings).raise_for_status()

    def ledger(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.control.get("/_sim/ledger").json()
        return rows

    def state(self, sid: str) -> dict[str, Any]:
        """Return what the simulator knows of a call, its error codes included."""
        return next(call for call in self.control.get("/_sim/calls").json() if call["sid"] == sid)

    def messages(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.control.get("/_sim/messages").json()
        return rows

    def call(self, to: str, **given: Any) -> Any:
        """Place a call from our number by Twilio's client."""
        return self.rest.calls.create(**{"to": to, "from_": OURS, **given})

    def ended(self, sid: str) -> Any:
        """Wait until a call has ended, and return it as REST shows it."""
        final = {"completed", "busy", "failed", "no-answer", "canceled"}
        return until(lambda: self.rest.calls(sid).fetch(), lambda call: call.status in final)


def until(look: Callable[[], Seen], fits: Callable[[Seen], Any] = bool) -> Seen:
    """Look again and again until what is seen fits, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not fits(seen := look()):
        assert time.monotonic() < deadline, f"waited in vain; last seen: {seen}"
        threading.Event().wait(0.02)
    return seen


def a_client(base: str, *, sid: str = ACCOUNT_SID, token: str = AUTH_TOKEN, timeout: float = 20) -> Client:
    client = Client(sid, token, http_client=TwilioHttpClient(timeout=timeout))
    client.api.base_url = base
    return client


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_command(*arguments: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start `ringback carrier` with the test account's credentials in its environment."""
    given = {"RINGBACK_TWILIO_ACCOUNT_SID": ACCOUNT_SID, "RINGBACK_TWILIO_AUTH_TOKEN": AUTH_TOKEN}
    command = [sys.executable, "-P", "-m", "orchestrator.cli.main", "carrier", *arguments]
    return subprocess.Popen(command, env={**os.environ, **given, **(environment or {})}, stderr=subprocess.PIPE, text=True)


def wait_until_healthy(base: str, process: "subprocess.Popen[str]") -> None:
    def healthy() -> bool:
        assert process.poll() is None, f"ended with {process.returncode}"
        try:
            return httpx.get(f"{base}/healthz", trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    until(healthy)


@contextmanager
def a_carrier() -> Iterator[Carrier]:
    port = a_free_port()
    base = f"http://127.0.0.1:{port}"
    process = start_command("--port", str(port), "--speed", str(SPEED), "--log-level", "warning")
    rest = a_client(base)
    with httpx.Client(base_url=base, trust_env=False, timeout=PATIENCE) as control, process:
        wait_until_healthy(base, process)
        yield Carrier(base, rest, control)
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
    rest.http_client.session.close()
    assert "Traceback" not in errors, errors


def statuses(received: Iterable[Received]) -> list[str]:
    return [one.fields["CallStatus"] for one in received]
