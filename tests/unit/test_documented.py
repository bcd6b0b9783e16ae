"""What callers and operators meet stands in the documents: every endpoint, every error code, every signal."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import activities
import api
import orchestrator
import workflows
from api.routes.registry import ROUTERS
from orchestrator.errors import OrchestratorError
from workflows.contracts import HINT_SIGNAL

DOCS = Path(__file__).parents[2] / "docs"


def codes() -> set[str]:
    """Every code an error class of ours carries; other tests may have made classes of their own."""
    packages = (orchestrator, workflows, activities, api)
    for package in packages:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name and not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
    ours = {package.__name__ for package in packages}
    return {kind.code for kind in descendants(OrchestratorError) if kind.__module__.partition(".")[0] in ours}


def descendants(kind: type[OrchestratorError]) -> Iterator[type[OrchestratorError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def test_every_error_code_is_explained() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")

    missing = sorted(code for code in codes() if f"`{code}`" not in text)

    assert missing == []


def test_every_endpoint_is_listed() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")

    paths = {(method, route.path) for router in ROUTERS for route in router.routes for method in route.methods}  # type: ignore[attr-defined]
    missing = sorted(f"{method} {path}" for method, path in paths if f"| {method} | `{path}` |" not in text)

    assert missing == []


def test_the_signal_is_named() -> None:
    assert f"`{HINT_SIGNAL}`" in (DOCS / "api.md").read_text(encoding="utf-8")
