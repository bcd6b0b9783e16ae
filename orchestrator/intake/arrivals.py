"""An event on its way in: read, judged by the envelope, and made ready to be stored."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orchestrator.errors import BadInput
from orchestrator.intake.channels import Channel
from orchestrator.intake.envelope import accept
from orchestrator.intake.event import Event
from orchestrator.intake.reading import Submitted
from orchestrator.intake.refusals import Refused


@dataclass(frozen=True, slots=True)
class Arrival:
    """An accepted event. `digest` tells a copy that differs from one that does not."""

    event: Event
    digest: bytes
    channel_id: UUID | None

    @property
    def key(self) -> tuple[str, str]:
        return self.event.source, self.event.id


class TypeNotAllowed(BadInput):
    """The channel's key is good, and not for this type of event."""

    code = "type_not_allowed"


def arrive(submitted: Submitted, channel: Channel | None, *, now: datetime) -> Arrival:
    """Return the event of `submitted` as it arrives at `now`. Raises `Refused` or `TypeNotAllowed`."""
    envelope = submitted.envelope
    if isinstance(envelope, Refused):
        raise envelope
    event_type = submitted.named("type")
    if channel is not None and event_type is not None and not channel.may_report(event_type):
        fix = f"this channel may report {', '.join(channel.types)}"
        raise TypeNotAllowed("the channel may not report events of this type", field="type", fix=fix)
    event = accept(envelope, arrival=now)
    # Where the sender gave no time, a copy of the event has another one: the time then says nothing about the content.
    time = event.time.isoformat() if submitted.named("time") else ""
    content = json.dumps([event.type, event.subject, time, event.data_base64, event.data], sort_keys=True)
    return Arrival(event, hashlib.blake2b(content.encode(), digest_size=16).digest(), channel.id if channel else None)
