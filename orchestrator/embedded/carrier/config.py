"""What can be changed while the simulator runs: its speed, its numbers and where inbound calls and messages go."""

from pydantic import BaseModel, ConfigDict, Field


class OwnNumber(BaseModel):
    """A number of the account, and the URLs asked when a phone calls or writes to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sms_url: str | None = None
    voice_url: str | None = None


class Config(BaseModel):
    """The simulator's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    speed: float = Field(default=1.0, gt=0, le=1000, description="Simulated seconds per real second.")
    calls_per_second: float | None = Field(
        default=None, gt=0, description="Calls leave the queue at this rate, in real seconds; null: at once."
    )
    numbers: dict[str, OwnNumber] | None = Field(
        default=None, description="The account's numbers; calls from any other are refused. Null: every number is ours."
    )
    sms_url: str | None = Field(default=None, description="Asked for an inbound SMS where its number names no URL.")
    voice_url: str | None = Field(default=None, description="Asked for an inbound call where its number names no URL.")

    def owns(self, number: str) -> bool:
        return self.numbers is None or number in self.numbers

    def sms_url_of(self, number: str) -> str | None:
        return self._own(number).sms_url or self.sms_url

    def voice_url_of(self, number: str) -> str | None:
        return self._own(number).voice_url or self.voice_url

    def _own(self, number: str) -> OwnNumber:
        return (self.numbers or {}).get(number, OwnNumber())
