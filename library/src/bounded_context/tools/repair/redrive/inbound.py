"""Redrive of other contexts' events that this context could not process, or SNS could not deliver."""

from dataclasses import replace

from .messages import About, Message
from .subscriber import SubscriberRoute

REASON = "reason"
"""The message attribute with the function's reason to set a message aside."""


class InboundRoute(SubscriberRoute):
    """The route of inbound events: sends them to the inbound queue unchanged, to be processed again."""

    def about(self, message: Message) -> About:
        """Return the facts of a CloudEvent, and the function's reason if it set the event aside."""
        about = super().about(message)
        return replace(about, reason=message.attribute(REASON) or about.reason)

    def deliver(self, message: Message) -> str:
        """Send the message without the reason; return the new message's id."""
        attributes = {name: value for name, value in message.attributes.items() if name != REASON}
        return super().deliver(replace(message, attributes=attributes))
