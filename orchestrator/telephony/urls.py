"""The addresses at which a carrier reaches us. An attempt's or a message's token rides in the query, nothing else of it."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

# Twilio repeats a webhook by itself only when it could not connect (twilio-notes, 5). Ours may come twice, so it shall
# also repeat after a fault of ours or a lost answer, all within the 15 s it waits for a call's document.
_AGAIN = "#rc=2&rp=ct,rt,5xx&rt=5000"


class Voice(StrEnum):
    """The documents a call can ask for."""

    AGENT = "agent"  # the agent has answered
    CUSTOMER = "customer"  # the customer has answered
    KEY = "key"  # the customer has pressed a key
    WAITING = "waiting"  # alone in the room
    LEFT = "left"  # out of the room again
    FAREWELL = "farewell"  # redirected, because it has to end


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Builds our webhooks' URLs under `public_url`, which has no trailing slash."""

    public_url: str

    def voice(self, document: Voice, token: str, *, turn: int = 0) -> str:
        """Return where a call finds `document`; `turn` counts how often the greeting was heard before."""
        return self._url(f"voice/{document}", attempt=token, **({"turn": str(turn)} if turn else {}))

    def status(self, token: str) -> str:
        return self._url("status", attempt=token)

    def machine(self, token: str) -> str:
        return self._url("machine", attempt=token)

    def conference(self, token: str) -> str:
        return self._url("conference", attempt=token)

    def message_status(self, token: str) -> str:
        return self._url("sms-status", message=token)

    def _url(self, path: str, **query: str) -> str:
        return f"{self.public_url}/telephony/{path}?{urlencode(query)}{_AGAIN}"
