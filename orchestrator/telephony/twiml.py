"""The documents a call follows, each a pure function of the attempt's row: asked twice, it answers the same.

Every one looks first whether the call is still wanted: `cancel_requested_at` on the row is how a resolution reaches a phone
that is just being answered.
"""

from dataclasses import dataclass
from typing import assert_never

from twilio.twiml.voice_response import Gather, VoiceResponse

from orchestrator.escalations.words import Language, language_of
from orchestrator.telephony.attempts import AGENT_FIRST, LATER, NEVER, NOW
from orchestrator.telephony.tables import AttemptRow, AttemptState, Farewell, Leg
from orchestrator.telephony.urls import Voice, Webhooks
from orchestrator.telephony.words import Phrase, phrase

MEDIA_TYPE = "text/xml"
_GREETINGS = 2  # how often the keys are said to somebody who presses none
_KEY_SECONDS = 5
_HOLD_SECONDS = 15
_ROOM_EVENTS = "join leave"  # one string: a list would be written as Python spells it (twilio-notes, 7)

# A wrong pair of voice and language can fail the verb, so both stand together.
_VOICES = {Language.ENGLISH: ("Polly.Joanna", "en-US"), Language.HEBREW: ("Google.he-IL-Wavenet-A", "he-IL")}


def nobody() -> str:
    """Return the document for a call that is none of ours: hang up, and say nothing to a stranger."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


@dataclass(frozen=True, slots=True)
class Documents:
    """Writes the documents of this deployment; `who` is the organisation's name, general words where there is none."""

    webhooks: Webhooks
    who: str | None = None

    def of(self, document: Voice, attempt: AttemptRow, *, turn: int = 0) -> str:
        """Return the TwiML for what a call has asked for; `turn` counts the greetings heard before."""
        if document is not Voice.WAITING and (attempt.cancel_requested_at is not None or attempt.state is AttemptState.ENDED):
            return self._farewell(attempt)
        match document:
            case Voice.AGENT:
                return self._agent(attempt)
            case Voice.CUSTOMER:
                return self._room(attempt) if attempt.flow == AGENT_FIRST else self._by_key(attempt, turn)
            case Voice.KEY:
                return self._by_key(attempt, turn + 1)
            case Voice.WAITING:
                return self._waiting(attempt)
            case Voice.LEFT | Voice.FAREWELL:
                return self._ending(attempt, None)
            case _:
                assert_never(document)

    def _agent(self, attempt: AttemptRow) -> str:
        opening = Phrase.AGENT_CALLS if attempt.flow == AGENT_FIRST else Phrase.AGENT_JOINS
        return self._room(attempt, opening)

    def _by_key(self, attempt: AttemptRow, turn: int) -> str:
        match attempt.pressed:
            case str(key) if key == NOW:
                return self._room(attempt, Phrase.CONNECTING)
            case str(key) if key == LATER:
                return self._ending(attempt, Phrase.LATER)
            case str(key) if key == NEVER:
                return self._ending(attempt, Phrase.NEVER)
            case _:
                return self._greeting(attempt, turn)

    def _greeting(self, attempt: AttemptRow, turn: int) -> str:
        if turn >= _GREETINGS:
            return self._ending(attempt, Phrase.GOODBYE)
        response = VoiceResponse()
        gather = response.gather(
            input="dtmf",
            num_digits=1,
            timeout=_KEY_SECONDS,
            finish_on_key="",
            action=self.webhooks.voice(Voice.KEY, attempt.token, turn=turn),
        )
        self._say(gather, attempt, Phrase.GREETING if turn == 0 else Phrase.KEYS)
        # A Gather without input falls through to the next verb and does not ask its action (twilio-notes, 7).
        response.redirect(self.webhooks.voice(Voice.CUSTOMER, attempt.token, turn=turn + 1))
        return str(response)

    def _room(self, attempt: AttemptRow, opening: Phrase | None = None) -> str:
        response = VoiceResponse()
        if opening is not None:
            self._say(response, attempt, opening)
        dial = response.dial(action=self.webhooks.voice(Voice.LEFT, attempt.token))
        # Whoever leaves ends the room for both: the one left goes on to `left`. The room's callback settings are those of
        # whoever enters first, so both legs name one (twilio-notes, 8).
        dial.conference(
            attempt.conference,
            start_conference_on_enter=True,
            end_conference_on_exit=True,
            beep=False,
            max_participants=2,
            participant_label=attempt.leg.value,
            wait_url=self.webhooks.voice(Voice.WAITING, attempt.token),
            status_callback=self.webhooks.conference(attempt.token),
            status_callback_event=_ROOM_EVENTS,
        )
        return str(response)

    def _waiting(self, attempt: AttemptRow) -> str:
        response = VoiceResponse()
        self._say(response, attempt, Phrase.HOLD)
        response.pause(length=_HOLD_SECONDS)
        return str(response)

    def _farewell(self, attempt: AttemptRow) -> str:
        if attempt.leg is Leg.AGENT:
            return self._ending(attempt, None if attempt.joined_at else Phrase.AGENT_NOT_NEEDED)
        match attempt.farewell:
            case Farewell.APOLOGY:
                return self._ending(attempt, Phrase.APOLOGY)
            case Farewell.MACHINE:
                return self._ending(attempt, Phrase.MACHINE)
            case Farewell.SETTLED | None:
                return self._ending(attempt, self._last_word(attempt))
            case _:
                assert_never(attempt.farewell)

    @staticmethod
    def _last_word(attempt: AttemptRow) -> Phrase | None:
        if attempt.pressed == NEVER:
            return Phrase.NEVER
        return None if attempt.joined_at or attempt.state is AttemptState.ENDED else Phrase.SETTLED

    def _ending(self, attempt: AttemptRow, last: Phrase | None) -> str:
        response = VoiceResponse()
        promised = attempt.say if last in (Phrase.LATER, Phrase.APOLOGY) else None
        if promised is not None or last is not None:
            self._say(response, attempt, last, promised)
        response.hangup()
        return str(response)

    def _say(
        self, verb: VoiceResponse | Gather, attempt: AttemptRow, which: Phrase | None, promised: str | None = None
    ) -> None:
        language = language_of(attempt.language)
        words = promised or (phrase(which, language, who=self.who, about=attempt.about) if which is not None else "")
        voice, tag = _VOICES[language]
        verb.say(words, voice=voice, language=tag)
