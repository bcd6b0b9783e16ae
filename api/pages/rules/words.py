"""What the pages of rules say: states, deeds, and what stands in the way of one."""

from orchestrator.detection.tables import RuleState


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


STATES = {
    RuleState.DRAFT: (_("Draft"), "plain"),
    RuleState.SHADOW: (_("In shadow"), "accent"),
    RuleState.PUBLISHED: (_("Published"), "good"),
    RuleState.PAUSED: (_("On hold"), "warn"),
    RuleState.RETIRED: (_("Retired"), "plain"),
}
SEVERITIES = {"error": (_("Must be mended"), "bad"), "warning": (_("Look at this"), "warn")}
CODES = {
    "no_window": _("Never open"),
    "missing_consent": _("Consent"),
    "endless_retry": _("Too many tries"),
    "wait_beyond_expiry": _("Waits too long"),
    "overlap": _("Two rules, one event"),
    "marketing_renewal": _("Selling a renewal"),
    "impossible_condition": _("Never met"),
    "mixed_arithmetic": _("Arithmetic"),
    "unknown_queue": _("Unknown queue"),
    "unknown_script": _("Unknown words"),
}
DONE = {
    "saved": _("Saved as a draft. What runs is unchanged until you publish."),
    "unchanged": _("This is the newest version already; nothing was saved."),
    "publish": _("Published: the rule finds moments and people are called."),
    "shadow": _("In shadow: the rule finds moments and contacts nobody."),
    "stop_shadow": _("The shadow is stopped: what it waited for is dropped, and what it found stays to be read."),
    "approve": _("Approved."),
    "pause": _("Paused: the rule detects nothing until it is resumed. Open cases go on."),
    "resume": _("Resumed: the rule sees what arrives from now on."),
    "alarm_seen": _("It is yours now: the alarm stays quiet as you chose."),
    "unsaid": _("Choose for how long the alarm stays quiet."),
    "taken_back": _("The open cases of this rule were taken back."),
    "retire": _("Retired: its open watches were dropped. Open cases go on."),
}
STALE = _(
    "Somebody changed this rule while you looked at it. Nothing of yours was saved; what you typed still stands below."
    " Look at the difference, then decide again."
)
STOPPED = _("Not done: the lint found what stops this rule from running.")
UNCONFIRMED = _("Not done yet: the lint warns. Look at it, tick that you have seen it, and decide again.")
NOT_APPROVED = _("Not done: somebody other than the author of this version has to approve it first.")
OWN_VERSION = _("Not done: you wrote this version, so somebody else has to approve it.")
NOT_NOW = _("Not done: the rule is in a state that does not allow it.")
BAD_REASON = _("Say why, in at most 200 characters.")
BAD_NAME = _("Use 1 to 64 small letters, digits and hyphens.")
