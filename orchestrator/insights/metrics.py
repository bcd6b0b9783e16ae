"""What this process measures about itself, for Prometheus. Labels are names we chose ourselves: no ids, no numbers."""

from prometheus_client import REGISTRY, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE

__all__ = ["CONTENT_TYPE", "observe_request", "rendered"]

_REQUESTS = Histogram(
    "ringback_http_request_seconds",
    "Duration of HTTP requests by route template.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request; an unheard-of method is `other`, so that callers cannot invent label values."""
    _REQUESTS.labels(method if method in _METHODS else "other", route, str(status)).observe(seconds)


def rendered() -> bytes:
    """Return everything this process has measured, in Prometheus' text format."""
    return generate_latest(REGISTRY)


_DELIVERED = Counter("ringback_outbox_delivered_total", "Workflows told what transactions wrote for them.")
_SET_ASIDE = Counter("ringback_outbox_set_aside_total", "Outbox rows given up after too many tries: an alarm.")


def outbox_delivered(number: int) -> None:
    _DELIVERED.inc(number)


def outbox_set_aside() -> None:
    _SET_ASIDE.inc()


_EVENTS = Counter("ringback_events_total", "Events that channels reported, by what became of them.", ("verdict",))


def events_taken(verdict: str, number: int) -> None:
    _EVENTS.labels(verdict).inc(number)
