"""REST: conferences and their participants."""

from typing import Any

from starlette.routing import Route

from orchestrator.embedded.carrier.call import Order
from orchestrator.embedded.carrier.door import Answer, Asked, Door, Values
from orchestrator.embedded.carrier.exchange import Exchange
from orchestrator.embedded.carrier.orders import hook, leg_order
from orchestrator.embedded.carrier.paging import page
from orchestrator.embedded.carrier.refusals import bad_parameter, not_found, repeated_label
from orchestrator.embedded.carrier.rest_calls import rest_status
from orchestrator.embedded.carrier.rooms import Participant, Reason, Room, RoomStatus
from orchestrator.embedded.carrier.twiml import ROOM_EVENTS
from orchestrator.embedded.carrier.wire import API_VERSION, boolean, rfc2822


class ConferenceResources:
    """`/Conferences` and `/Conferences/{sid or name}/Participants`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange, self._rooms = exchange, exchange.rooms

    def routes(self, door: Door) -> list[Route]:
        participants = "/Conferences/{room}/Participants"
        return [
            door.route("/Conferences.json", GET=self._list),
            door.route(participants + ".json", GET=self._list_participants, POST=self._add),
            door.route(
                participants + "/{participant}.json",
                GET=self._fetch_participant,
                POST=self._update_participant,
                DELETE=self._kick,
            ),
            door.route("/Conferences/{room}.json", GET=self._fetch, POST=self._update),
        ]

    def _list(self, asked: Asked) -> Answer:
        """Only rooms in progress, unless a status is asked for (twilio-notes, 8)."""
        status, name = asked.query.get("Status") or "in-progress", asked.query.get("FriendlyName")
        rooms = [room for room in reversed(self._rooms.by_sid.values()) if room.status == status and name in (None, room.name)]
        return Answer(page(asked, "conferences", rooms, self._render, ("Status", "FriendlyName")))

    def _fetch(self, asked: Asked) -> Answer:
        return Answer(self._render(self._room(asked)))

    def _update(self, asked: Asked) -> Answer:
        room, status = self._room(asked), asked.form.get("Status")
        if status not in (None, "completed"):
            raise bad_parameter("Status")
        if status is not None:
            self._rooms.end(room, Reason.ENDED_BY_API)
        return Answer(self._render(room))

    def _list_participants(self, asked: Asked) -> Answer:
        participants = list(reversed(self._room(asked).participants.values()))
        return Answer(page(asked, "participants", participants, self._render_participant))

    def _add(self, asked: Asked) -> Answer:
        """Call somebody into a room, which is made if no open one has that name."""
        form, exchange = asked.form, self._exchange
        order = leg_order(form, exchange.config, exchange.phones)
        key = asked.params["room"]
        room = self._rooms.find(key)
        if room is None and key.startswith("CF") and len(key) == 34:
            raise not_found(asked.path)
        if room is not None and room.status is RoomStatus.COMPLETED:
            raise not_found(asked.path)
        label, callback = form.get("Label"), hook(form, "ConferenceStatusCallback")
        if room is not None and label is not None and room.labelled(label):
            raise repeated_label(label)
        room = room or self._rooms.open(key)
        room.subscribe(callback, frozenset(_events(form)))
        participant = self._enlist(order, room, form)
        return Answer(self._render_participant(participant), 201, participant.call.lane)

    def _enlist(self, order: Order, room: Room, form: Values) -> Participant:
        call = self._exchange.place(order)
        participant = Participant(
            call,
            room,
            label=form.get("Label"),
            starts=boolean(form.get("StartConferenceOnEnter"), default=True),
            ends=boolean(form.get("EndConferenceOnExit"), default=False),
            muted=boolean(form.get("Muted"), default=False),
        )
        call.participant = participant
        room.participants[call.sid] = participant
        return participant

    def _fetch_participant(self, asked: Asked) -> Answer:
        return Answer(self._render_participant(self._participant(asked)))

    def _update_participant(self, asked: Asked) -> Answer:
        participant, form = self._participant(asked), asked.form
        coaching = boolean(form.get("Coaching"), default=participant.coached is not None)
        self._rooms.update(
            participant,
            muted=boolean(form.get("Muted"), default=participant.muted),
            hold=boolean(form.get("Hold"), default=participant.hold),
            ends=boolean(form.get("EndConferenceOnExit"), default=participant.ends),
            coached=(form.get("CallSidToCoach") or participant.coached) if coaching else None,
        )
        return Answer(self._render_participant(participant))

    def _kick(self, asked: Asked) -> Answer:
        self._rooms.leave(self._participant(asked), Reason.BY_API)
        return Answer(None, 204)

    def _room(self, asked: Asked) -> Room:
        room = self._rooms.find(asked.params["room"])
        if room is None:
            raise not_found(asked.path)
        return room

    def _participant(self, asked: Asked) -> Participant:
        room, key = self._room(asked), asked.params["participant"]
        participant = room.participants.get(key) or room.labelled(key)
        if participant is None:
            raise not_found(asked.path)
        return participant

    def _render(self, room: Room) -> dict[str, Any]:
        account = self._exchange.account_sid
        uri = f"/{API_VERSION}/Accounts/{account}/Conferences/{room.sid}"
        return {
            "sid": room.sid,
            "account_sid": account,
            "api_version": API_VERSION,
            "call_sid_ending_conference": room.ended_by,
            "date_created": rfc2822(room.created_at),
            "date_updated": rfc2822(room.updated_at),
            "friendly_name": room.name,
            "reason_conference_ended": room.reason and str(room.reason),
            "region": "us1",
            "status": str(room.status),
            "subresource_uris": {"participants": f"{uri}/Participants.json", "recordings": f"{uri}/Recordings.json"},
            "uri": f"{uri}.json",
        }

    def _render_participant(self, participant: Participant) -> dict[str, Any]:
        call, account = participant.call, self._exchange.account_sid
        status = rest_status(call)
        return {
            "account_sid": account,
            "call_sid": call.sid,
            "call_sid_to_coach": participant.coached,
            "coaching": participant.coached is not None,
            "conference_sid": participant.room.sid,
            "date_created": rfc2822(participant.created_at),
            "date_updated": rfc2822(participant.updated_at),
            "end_conference_on_exit": participant.ends,
            "hold": participant.hold,
            "label": participant.label,
            "muted": participant.muted,
            "queue_time": str(call.queue_ms),
            "start_conference_on_enter": participant.starts,
            "status": {"in-progress": "connected", "completed": "complete"}.get(status, status),
            "uri": f"/{API_VERSION}/Accounts/{account}/Conferences/{participant.room.sid}/Participants/{call.sid}.json",
        }


def _events(form: Values) -> set[str]:
    return {event for value in form.all("ConferenceStatusCallbackEvent") for event in value.split()} & ROOM_EVENTS
