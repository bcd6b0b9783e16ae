"""The words of the people's page that depend on what is shown."""

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
FAULTS = {
    "login": _("Give a login that nobody has yet: letters, digits and . _ @ + -"),
    "name": _("Give the name that pages show."),
    "agent": _("An agent's person names an agent at whose desk nobody sits yet; no other person names one."),
    "zone": _("Give a zone such as Asia/Jerusalem."),
    "locale": _("Choose one of the languages."),
}
