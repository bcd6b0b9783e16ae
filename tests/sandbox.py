"""The sandbox in which tests run workflows: what is not deterministic fails there (docs/adr/011)."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

# Pure and the same in every import: not loaded again for each workflow.
_PASSED_THROUGH = ("pydantic", "pydantic_core", "workflows.contracts", "orchestrator")


def sandbox() -> SandboxedWorkflowRunner:
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH))
