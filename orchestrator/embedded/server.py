"""What the embedded servers share: how their failure is told."""

from pathlib import Path

from orchestrator.errors import OrchestratorError


class ServerFailed(OrchestratorError):
    """An embedded server did not come up. The text names its log and the last line it wrote there."""

    code = "embedded_server_failed"


def last_words(log: Path) -> str:
    """Say in one line how a server's log ends."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    return f"{log} ends with: {lines[-1].strip() if lines else 'nothing'}"
