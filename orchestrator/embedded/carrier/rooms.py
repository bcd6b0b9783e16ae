"""Conference rooms: who is in, when they start, and what ends them (twilio-notes, 8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from orchestrator.embedded.carrier.call import CANCELED, Call
from orchestrator.embedded.carrier.callbacks import Callbacks, Lane
from orchestrator.embedded.carrier.webhooks import Hook
from orchestrator.embedded.carrier.wire import new_sid, rfc2822, utc_now, yes


class RoomStatus(StrEnum):
    """A room before two are in, while they talk, and afterwards."""

    INIT = "init"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class Reason(StrEnum):
    """Why a participant left, or why a room ended."""

    HUNG_UP = "participant_hung_up"
    BY_API = "participant_updated_via_api"
    NOT_ADDED = "participant_add_failed"
    LAST_LEFT = "last-participant-left"
    ENDER_LEFT = "participant-with-end-conference-on-exit-left"
    ENDED_BY_API = "conference-ended-via-api"


@dataclass(slots=True, eq=False)
class Participant:
    """A call in a room, or on its way there. `left` is set when the room lets it go."""

    call: Call
    room: Room
    label: str | None = None
    starts: bool = True
    ends: bool = False
    muted: bool = False
    hold: bool = False
    coached: str | None = None
    joined: bool = False
    created_at: datetime = field(default_factory=utc_now)
    updated_at: datetime = field(default_factory=utc_now)
    left: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True, eq=False)
class Room:
    """A conference. Its callback and events are those of whoever came first."""

    name: str
    sid: str = field(default_factory=lambda: new_sid("CF"))
    status: RoomStatus = RoomStatus.INIT
    hook: Hook | None = None
    events: frozenset[str] = frozenset()
    participants: dict[str, Participant] = field(default_factory=dict)
    sequence: int = 0
    created_at: datetime = field(default_factory=utc_now)
    updated_at: datetime = field(default_factory=utc_now)
    reason: Reason | None = None
    ended_by: str | None = None
    settled: bool = False  # whether the first participant's callback settings have been taken
    lane: Lane = field(default_factory=Lane)

    @property
    def inside(self) -> list[Participant]:
        return [participant for participant in self.participants.values() if participant.joined]

    def subscribe(self, hook: Hook | None, events: frozenset[str]) -> None:
        """Take these callback settings, unless somebody came before."""
        if not self.settled:
            self.settled, self.hook, self.events = True, hook, events

    def labelled(self, label: str) -> Participant | None:
        return next((one for one in self.participants.values() if one.label == label), None)


class Rooms:
    """All rooms of the account. Of those with one name, at most one is not completed."""

    def __init__(self, callbacks: Callbacks, account_sid: str, connect: Callable[[Call], None]) -> None:
        self._callbacks, self._account_sid, self._connect = callbacks, account_sid, connect
        self._open: dict[str, Room] = {}
        self.by_sid: dict[str, Room] = {}

    def find(self, key: str) -> Room | None:
        """Return a room by its sid, or by its name while it is not completed."""
        return self.by_sid.get(key) or self._open.get(key)

    def open(self, name: str) -> Room:
        """Return the room now open under `name`; a new one if there is none."""
        room = self._open.get(name)
        if room is None:
            room = self._open[name] = Room(name)
            self.by_sid[room.sid] = room
        return room

    def enter(self, participant: Participant) -> None:
        """Let a participant in; the room starts with two inside, one of whom may start it."""
        room = participant.room
        participant.joined = True
        room.participants[participant.call.sid] = participant
        self._tell(room, "join", "participant-join", _state(participant))
        inside = room.inside
        if room.status is RoomStatus.INIT and len(inside) >= 2 and any(one.starts for one in inside):
            room.status, room.updated_at = RoomStatus.IN_PROGRESS, utc_now()
            self._tell(room, "start", "conference-start", {})
        if room.status is RoomStatus.IN_PROGRESS and len(inside) >= 2:
            for one in inside:
                self._connect(one.call)

    def leave(self, participant: Participant, reason: Reason) -> None:
        """Let a participant go. Without effect on one who is gone already."""
        room = participant.room
        if room.participants.pop(participant.call.sid, None) is None:
            return
        self._release(participant, reason)
        if participant.joined and participant.ends:
            self.end(room, Reason.ENDER_LEFT, by=participant.call.sid)
        elif not room.participants:
            self.end(room, Reason.LAST_LEFT, by=participant.call.sid)

    def end(self, room: Room, reason: Reason, *, by: str | None = None) -> None:
        """Close a room: everyone inside goes on with what their call does next."""
        if room.status is RoomStatus.COMPLETED:
            return
        room.status, room.updated_at, room.reason, room.ended_by = RoomStatus.COMPLETED, utc_now(), reason, by
        self._open.pop(room.name, None)
        remaining, room.participants = room.participants, {}
        for participant in remaining.values():
            self._release(participant, Reason.BY_API if reason is Reason.ENDED_BY_API else Reason.HUNG_UP)
        fields = {"ReasonConferenceEnded": str(reason)} | ({"CallSidEndingConference": by} if by else {})
        self._tell(room, "end", "conference-end", fields, last=True)

    def update(self, participant: Participant, *, muted: bool, hold: bool, ends: bool, coached: str | None) -> None:
        """Change a participant's settings, and tell what changed."""
        changes = (muted != participant.muted, hold != participant.hold)
        participant.muted, participant.hold, participant.ends, participant.coached = muted, hold, ends, coached
        participant.updated_at = utc_now()
        if changes[0]:
            self._tell(participant.room, "mute", f"participant-{'mute' if muted else 'unmute'}", _state(participant))
        if changes[1]:
            self._tell(participant.room, "hold", f"participant-{'hold' if hold else 'unhold'}", _state(participant))

    def clear(self) -> None:
        self._open.clear()
        self.by_sid.clear()

    def _release(self, participant: Participant, reason: Reason) -> None:
        call = participant.call
        status = call.ended.result().status if call.ended.done() else call.status
        fields = {**_state(participant), "ReasonParticipantLeft": str(reason), "ParticipantCallStatus": str(status)}
        self._tell(participant.room, "leave", "participant-leave", fields)
        if not participant.left.done():
            participant.left.set_result(None)
        if not participant.joined:
            participant.call.end(CANCELED)  # A leg that still rings has no room to come to.

    def _tell(self, room: Room, event: str, name: str, fields: Mapping[str, str], *, last: bool = False) -> None:
        if room.hook is None or event not in room.events:
            return
        told = {
            "AccountSid": self._account_sid,
            "ConferenceSid": room.sid,
            "FriendlyName": room.name,
            "StatusCallbackEvent": name,
            "SequenceNumber": str(room.sequence),
            "Timestamp": rfc2822(utc_now()) or "",
            **fields,
        }
        room.sequence += 1
        self._callbacks.tell(room.lane, room.hook, told, to=None, last=last)


def _state(participant: Participant) -> dict[str, str]:
    fields = {
        "CallSid": participant.call.sid,
        "Muted": yes(participant.muted),
        "Hold": yes(participant.hold),
        "Coaching": yes(participant.coached is not None),
        "StartConferenceOnEnter": yes(participant.starts),
        "EndConferenceOnExit": yes(participant.ends),
    }
    return fields | ({"ParticipantLabel": participant.label} if participant.label else {})
