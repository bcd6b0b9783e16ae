"""The data folder: what one embedded Ringback keeps, and that only one runs on it at a time."""

import base64
import fcntl
import json
import os
import random
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import BadInput
from orchestrator.settings import RUNNING, SECRETS, is_given, variable

# Below the ports Linux hands to outgoing connections (32768 and up), so that a kept port is not taken while we are down.
_PORTS = range(20_000, 32_000)
_HOST = "127.0.0.1"
URLS = "urls.json"


class DataFolder:
    """A folder of mode 0700 whose files are ours alone. Raises `BadInput` where it cannot be made or written."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._lock: int | None = None
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            self.write("writable", "")
            (self.root / "writable").unlink()
        except OSError as error:
            raise BadInput(
                f"the data folder {root} cannot be used: {error.strerror}",
                field=variable("data"),
                fix="name a folder you may write to",
            ) from error

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def claim(self) -> None:
        """Hold the folder until `release` or the end of this process, however it ends. Raises `BadInput` if it is held."""
        lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise BadInput(
                f"another Ringback runs on the data folder {self.root}", field=variable("data"), fix="name another folder"
            ) from error
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write(self, name: str, text: str) -> None:
        """Write a file of mode 0600 whole: whoever reads it sees the old text or the new."""
        path = self.root / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        beside = path.with_name(path.name + ".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        beside.replace(path)

    def read(self, name: str) -> str | None:
        path = self.root / name
        return path.read_text() if path.exists() else None

    def port(self, name: str, *, first: int | None = None) -> int:
        """Return the port kept under `name`, or else a free one (`first`, if it is free), which is kept from now on."""
        kept: dict[str, int] = json.loads(self.read("ports.json") or "{}")
        wishes = [port for port in (kept.get(name), first) if port is not None and port not in _others(kept, name)]
        port = next((wish for wish in wishes if is_free(wish)), None) or _any_free_port(_others(kept, name))
        self.write("ports.json", json.dumps(kept | {name: port}, indent=1))
        return port

    def make_secrets(self) -> None:
        """Generate the secrets nobody gave, once; `orchestrator.settings.load` reads the files.

        The carrier's account and its token belong together: where one is given, the other is not made up.
        """
        generated = {"payload_keys": "local-1:" + base64.b64encode(secrets.token_bytes(32)).decode()}
        if not (is_given("twilio_account_sid") or is_given("twilio_auth_token")):
            generated |= {"twilio_account_sid": "AC" + secrets.token_hex(16), "twilio_auth_token": secrets.token_hex(16)}
        for name, value in generated.items():
            if self.read(file := _file(SECRETS, name)) is None:
                self.write(file, value)

    def announce(self, addresses: Mapping[str, str]) -> None:
        """Tell other commands on this folder where the servers listen, by name of the setting."""
        for name, value in addresses.items():
            self.write(_file(RUNNING, name), value)

    def withdraw(self) -> None:
        """Forget what was announced: nothing listens any more."""
        (self.root / URLS).unlink(missing_ok=True)
        for file in (self.root / RUNNING).glob("*"):
            file.unlink()


def _file(folder: str, name: str) -> str:
    return f"{folder}/{variable(name).lower()}"


def is_free(port: int) -> bool:
    """Tell whether a server may listen on `port` of this machine (one that just closed is free)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
        return True


def _others(kept: Mapping[str, int], name: str) -> set[int]:
    return {port for other, port in kept.items() if other != name}


def _any_free_port(taken: set[int]) -> int:
    candidates = random.sample(_PORTS, len(_PORTS))
    return next(port for port in candidates if port not in taken and is_free(port))
