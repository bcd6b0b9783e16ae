"""The locks hold what `pyproject.toml` asks for, by hash, and name no index."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = ("requirements.lock", "requirements-image.lock", "requirements-compose.lock")


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", (ROOT / name).read_text(), re.MULTILINE))


def missing(wanted: list[str], lock: str) -> list[str]:
    """Return the requirements that `lock` does not meet."""
    held = locked(lock)
    requirements = [Requirement(text) for text in wanted]
    return [
        str(one)
        for one in requirements
        if not one.specifier.contains(held.get(canonicalize_name(one.name), "0"), prereleases=True)
    ]


def test_the_lock_meets_every_requirement() -> None:
    assert missing(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"], "requirements.lock") == []


def test_the_images_lock_meets_what_runs_and_agrees_with_the_other() -> None:
    assert missing(PROJECT["dependencies"], "requirements-image.lock") == []
    assert locked("requirements-image.lock").items() <= locked("requirements.lock").items()
    assert "pytest" not in locked("requirements-image.lock")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_pin_or_a_hash(lock: str) -> None:
    pin = re.compile(r"[a-z0-9._-]+==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")

    strangers = [line for line in (ROOT / lock).read_text().splitlines() if pin.fullmatch(line) is None]

    assert strangers == []
