"""Under which account PostgreSQL runs: it refuses to run as root, so under root it gets another."""

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from orchestrator.embedded.folder import DataFolder
from orchestrator.errors import OrchestratorError

NOBODY = 65534
_WHERE = "postgres/where"
_UNSHARE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
_SETPRIV = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig=INT")


class NoAccount(OrchestratorError):
    """PostgreSQL cannot be run from this account, or not on this folder."""

    code = "no_account"


class Account(StrEnum):
    """How the embedded PostgreSQL runs."""

    OURS = "as the user who started it"
    UNSHARE = "as root, in a user namespace of its own (unshare)"
    NOBODY = "as nobody, in a folder under /var/tmp"

    @property
    def prefix(self) -> tuple[str, ...]:
        """The command that stands before each PostgreSQL command."""
        match self:
            case Account.OURS:
                return ()
            case Account.UNSHARE:
                return _UNSHARE
            case Account.NOBODY:
                return _SETPRIV


@dataclass(frozen=True, slots=True)
class Site:
    """Where a PostgreSQL server lives: its account, the folder of its cluster, and that of its programs."""

    account: Account
    place: Path
    programs: Path

    def command(self, program: str, *arguments: str | Path) -> tuple[str, ...]:
        return (*self.account.prefix, str(self.programs / program), *map(str, arguments))

    def entrust(self, file: Path) -> None:
        """Make a file of ours readable to PostgreSQL, and to it alone."""
        file.chmod(0o600)
        if self.account is Account.NOBODY:
            os.chown(file, NOBODY, NOBODY)


async def site(folder: DataFolder, installed: Path, account: Account | None) -> Site:
    """Choose where and how PostgreSQL runs on `folder` (as `account`, when given) and make what is missing."""
    account = account or await choose(folder)
    place = _place(folder, account)
    return Site(account=account, place=place, programs=await _programs(account, installed, place))


async def choose(folder: DataFolder) -> Account:
    """Return how PostgreSQL runs on `folder`: as its cluster was made, else the first way that works here."""
    if folder.read(_WHERE) is not None:
        return Account.NOBODY
    if os.geteuid() != 0:
        return Account.OURS
    # The files stay root's, but without root's right to pass everywhere: a folder inside somebody's closed one is out.
    if await _works(*_UNSHARE, "test", "-w", str(folder.root)):
        return Account.UNSHARE
    if (folder.root / "postgres" / "data").exists():
        raise NoAccount(
            f"the database in {folder.root} was made with `unshare --user`, which this machine refuses now; "
            "allow user namespaces or name another folder"
        )
    return Account.NOBODY


def _place(folder: DataFolder, account: Account) -> Path:
    if account is not Account.NOBODY:
        place = folder.root / "postgres"
        place.mkdir(mode=0o700, exist_ok=True)
        return place
    if (where := folder.read(_WHERE)) is None:
        where = tempfile.mkdtemp(prefix="ringback-", dir="/var/tmp")
        os.chown(where, NOBODY, NOBODY)
        folder.write(_WHERE, where)
    return Path(where)


async def _programs(account: Account, installed: Path, place: Path) -> Path:
    # A copy where nobody may not read the wheel's, which often lies in root's closed home.
    if account is not Account.NOBODY or await _works(*account.prefix, "test", "-x", str(installed / "bin" / "postgres")):
        return installed / "bin"
    copy = place / installed.name
    if not copy.exists():
        await asyncio.to_thread(shutil.copytree, installed, place / "copying", dirs_exist_ok=True)
        (place / "copying").replace(copy)
    return copy / "bin"


async def _works(*command: str) -> bool:
    try:
        probe = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
    except FileNotFoundError:
        return False
    return await probe.wait() == 0
