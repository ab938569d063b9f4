"""Dead letters of other contexts' events: what this context could not take or understand, or SNS could not deliver."""

from dataclasses import replace

from .messages import About, Message
from .subscriber import SubscriberRoute

REASON = "reason"
"""The message attribute with which the function says why it put a message aside."""


class InboundRoute(SubscriberRoute):
    """Back to the queue of these events, as they came: what was put aside for a reason is judged anew."""

    def about(self, message: Message) -> About:
        """A CloudEvent, and the reason for which it was put aside, if it was."""
        about = super().about(message)
        return replace(about, reason=message.attribute(REASON) or about.reason)

    def deliver(self, message: Message) -> str:
        """Send it without the reason; returns the new message's id."""
        came = {name: value for name, value in message.attributes.items() if name != REASON}
        return super().deliver(replace(message, attributes=came))
