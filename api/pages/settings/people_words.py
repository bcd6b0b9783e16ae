"""The words of the people's pages that depend on what is shown."""

from enum import StrEnum

from orchestrator.identity.people import Role


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


ROLES = {
    Role.AGENT.value: _("Agent"),
    Role.SUPERVISOR.value: _("Supervisor"),
    Role.ADMIN.value: _("Admin"),
    Role.AUDITOR.value: _("Auditor"),
}
ROLE_CHOICES = tuple(ROLES.items())
FAULTS = {
    "login": _("Give a login that nobody has yet: letters, digits and . _ @ + -"),
    "name": _("Give the name that pages show."),
    "role": _("This is the last admin who may sign in. Make somebody else an admin first."),
    "agent": _("An agent's person names an agent at whose desk nobody sits yet; no other person names one."),
    "zone": _("Give a zone such as Asia/Jerusalem."),
    "locale": _("Choose one of the languages."),
}
DONE = {
    "saved": _("Saved. It holds at once, in open sessions too."),
    "out": _("Shut out. All of their sessions are over."),
    "back": _("Let back in. They sign in as before."),
    "sessions": _("Signed out everywhere. They may sign in again."),
    "openid": _("The password is gone. They sign in with your organisation's account."),
    "factor": _("The second factor is removed, with its recovery codes."),
}


class Asked(StrEnum):
    """What is asked once more before it is done, by the last word of its address."""

    DISABLING = "disabling"
    RENEWAL = "password"
    GOING_OVER = "openid"


ASKED = {
    Asked.DISABLING: {
        "question": _("Shut this person out?"),
        "means": _("All of their sessions end at once, and they cannot sign in until they are let back in."),
        "yes": _("Yes, shut them out"),
    },
    Asked.RENEWAL: {
        "question": _("Make a new password for this person?"),
        "means": _("The one they have opens nothing any more, and all of their sessions end at once."),
        "yes": _("Yes, make a new one"),
    },
    Asked.GOING_OVER: {
        "question": _("Let this person sign in with your organisation's account alone?"),
        "means": _("Their password opens nothing any more, and all of their sessions end at once."),
        "yes": _("Yes, take the password away"),
    },
}
