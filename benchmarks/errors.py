from orchestrator.errors import OrchestratorError


class CannotRun(OrchestratorError):
    """A benchmark that has nothing to show, and why."""

    code = "benchmark_cannot_run"
