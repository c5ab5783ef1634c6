"""Words: what a campaign, its lines and what came of it are called, wherever they are shown."""

from __future__ import annotations

from perthyn.text import phrase

CHANNEL = {
    "email": phrase("By email"),
    "post": phrase("By post"),
    "phone": phrase("By phone"),
    "sms": phrase("By text message"),
}
MATTERS = {
    "marketing": phrase("marketing"),
    "fundraising": phrase("fundraising"),
    "service": phrase("what they booked or asked for"),
    "analysis": phrase("analysis"),
}
"""What for: the purposes."""
STATE = {
    "draft": phrase("a draft"),
    "sending": phrase("being sent"),
    "paused": phrase("stopped for now"),
    "sent": phrase("sent"),
}
"""How far a campaign is."""
LANGUAGE = {"cy": phrase("Welsh"), "en": phrase("English"), "both": phrase("both")}
LINES = {
    "waiting": phrase("Waiting"),
    "claimed": phrase("In hand"),
    "failed": phrase("Refused for good"),
    "unknown": phrase("Nobody knows"),
}
"""What becomes of a letter that has not gone out."""
RESPONSE = {
    "bounced": phrase("Came back"),
    "clicked": phrase("Clicked"),
    "replied": phrase("Replied"),
    "unsubscribed": phrase("Unsubscribed"),
    "complained": phrase("Complained"),
}
CREDITED = phrase(
    "Income that names the campaign is its own; of the rest, what a person gives or buys within {days} days of its "
    "message counts for the last campaign that wrote to them. Refunds go where the order went. Each line counts once."
)
"""Which income is a campaign's."""
TOLD = {
    "hard": phrase("Came back for good"),
    "soft": phrase("Came back for now"),
    "unsubscribed": phrase("Unsubscribed"),
    "complained": phrase("Complained"),
    "clicked": phrase("Clicked"),
}
"""What a mailer's file says of a letter."""
FIELDS = {
    "salutation": phrase("The greeting: Dear Siân"),
    "name": phrase("The whole name"),
    "first_name": phrase("The first name"),
    "surname": phrase("The surname"),
    "title": phrase("The title: Dr, Mrs"),
    "town": phrase("The town of their address"),
    "organisation": phrase("The name of your organisation"),
    "today": phrase("The day on which the letter is written"),
}
"""What stands in a letter where a field does."""
