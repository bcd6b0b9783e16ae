"""A part that ends comes back, until it is ended for good; what it was given to do is not cut off."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from signal import SIGTERM

import pytest

from orchestrator.embedded.child import Child
from orchestrator.embedded.keeping import Keeper
from orchestrator.embedded.probing import until
from orchestrator.embedded.server import ServerFailed

SAYS_READY_AND_STAYS = "print('ready', flush=True); import signal; signal.pause()"
SAYS_GOODBYE = (
    "import signal, sys\n"
    "signal.signal(signal.SIGTERM, lambda *_: (print('goodbye', flush=True), sys.exit(0)))\n"
    "print('ready', flush=True)\n"
    "while True: signal.pause()\n"
)


class Script:
    """A part that runs a line of Python; `ill` makes its next starts fail."""

    def __init__(self, log: Path, text: str = SAYS_READY_AND_STAYS) -> None:
        self.child: Child | None = None
        self.ill = 0
        self.starts = 0
        self._log, self._text = log, text

    async def start(self) -> None:
        self.starts += 1
        if self.ill:
            self.ill -= 1
            raise ServerFailed("ill")
        said = self.said().count("ready")
        self.child = await Child.start((sys.executable, "-c", self._text), log=self._log)
        await true(lambda: self.said().count("ready") > said)

    async def stop(self) -> None:
        assert self.child is not None
        await self.child.stop(signal=SIGTERM)

    async def kill(self) -> None:
        assert self.child is not None
        await self.child.kill()

    def said(self) -> str:
        return self._log.read_text() if self._log.exists() else ""


async def true(condition: Callable[[], bool]) -> None:
    async def ask() -> bool:
        return condition()

    assert await until(ask, None, within=timedelta(seconds=60))


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path / "script.log")


async def test_a_killed_part_comes_back_as_another_process(script: Script) -> None:
    await script.start()
    keeper = Keeper("script", script)
    before = keeper.pid

    await keeper.kill()
    await true(lambda: keeper.restarts == 1)

    assert keeper.pid not in (None, before)
    await keeper.stop()
    assert keeper.pid is None


async def test_a_part_that_does_not_come_back_at_once_is_tried_again(script: Script) -> None:
    await script.start()
    keeper = Keeper("script", script)
    script.ill = 2

    await keeper.kill()
    await true(lambda: keeper.restarts == 1)

    assert script.starts == 4
    await keeper.stop()


async def test_a_stopped_part_ends_its_work_first_and_stays_down(tmp_path: Path) -> None:
    script = Script(tmp_path / "script.log", SAYS_GOODBYE)
    await script.start()
    keeper = Keeper("script", script)

    await keeper.stop()

    assert script.said() == "ready\ngoodbye\n"
    assert script.starts == 1
