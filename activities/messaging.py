"""Text messages, as workflows ask for them. What happens when an act runs twice is told where it is done."""

from temporalio import activity

from orchestrator.telephony.posting import Posting
from workflows.contracts import MessageRef, MessagingActivities


class Messaging(MessagingActivities):
    def __init__(self, posting: Posting) -> None:
        self._posting = posting

    @activity.defn(name="messages.send")
    async def send(self, message: MessageRef) -> None:
        """Post the message. Run twice, it does nothing: the row is no longer `prepared`."""
        await self._posting.send(message.message_id)

    @activity.defn(name="messages.settle")
    async def settle(self, message: MessageRef) -> None:
        """Look for a message whose answer was lost. Run twice, it looks twice and posts nothing."""
        await self._posting.settle(message.message_id)
