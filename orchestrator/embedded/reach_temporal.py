"""Asking Temporal whether it is there: apart from the other servers, as most commands never need its libraries."""

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from orchestrator.embedded.reach import PATIENCE, Finding
from orchestrator.settings import Settings


async def temporal(settings: Settings) -> Finding:
    """Connect to Temporal, ask for its version and whether it has our namespace."""
    address, namespace = settings.temporal(), settings.temporal_namespace
    key = settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None
    client = await Client.connect(address, namespace=namespace, tls=settings.temporal_tls or bool(key), api_key=key, lazy=True)
    service = client.workflow_service
    try:
        info = await service.get_system_info(GetSystemInfoRequest(), timeout=PATIENCE)
        await service.describe_namespace(DescribeNamespaceRequest(namespace=namespace), timeout=PATIENCE)
    except (RPCError, RuntimeError) as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
            return Finding("temporal", False, f"{address} has no namespace {namespace}", "create it or name another")
        fix = "check RINGBACK_TEMPORAL_ADDRESS (and _TLS, _API_KEY), or unset it for the embedded one"
        return Finding("temporal", False, f"Temporal at {address} does not answer", fix)
    return Finding("temporal", True, f"Temporal {info.server_version} at {address}, namespace {namespace}")
