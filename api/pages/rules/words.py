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

UNREADABLE = _("The YAML cannot be read as it stands. Until it can, the form shows what it said before.")
NOT_EDITABLE = _(
    "This part is written in a way that the form cannot change without touching more than it. Change it in the YAML."
)
TOLD = {"unreadable": UNREADABLE, "not_editable": NOT_EDITABLE}
WAYS = (
    ("occurrence", _("Something happened"), _("A low mark, a failed delivery, a move: one event is enough.")),
    ("absence", _("Something was left unfinished"), _("It began, and the end did not follow in time: a checkout, a sale.")),
    ("date", _("A date comes near"), _("An event named a day, like the end of a contract. Call some time before it.")),
    ("score", _("Too many signs in a while"), _("None of them says much. Together, within a time, they do.")),
)
COMPARISONS = (
    ("equals", _("is")),
    ("is_not", _("is not")),
    ("at_least", _("is at least")),
    ("more", _("is more than")),
    ("at_most", _("is at most")),
    ("less", _("is less than")),
    ("one_of", _("is one of")),
    ("contains", _("contains")),
    ("begins", _("begins with")),
    ("there", _("is there")),
    ("not_there", _("is not there")),
    ("true", _("is true")),
    ("false", _("is false")),
)
UNITS = (("s", _("seconds")), ("m", _("minutes")), ("h", _("hours")), ("d", _("days")))
PURPOSES = (
    ("service", _("Service: it helps with what the customer has")),
    ("marketing", _("Marketing: it sells, so it needs their consent")),
    ("requested_callback", _("They asked to be called")),
)
STEP_KINDS = (
    ("callback", _("A person calls: they see the case first, then speak first")),
    ("call", _("The phone rings first, with a person held ready")),
    ("message", _("Send a message")),
)
TELLS = (("", _("Not told")), ("sms", _("By text message")), ("page", _("On a page")), ("voice", _("By an automatic call")))
CLOSED = (("", _("Wait for it to open")), ("wait", _("Wait for it to open")), ("skip", _("Go on with the next step")))
ATTRIBUTES = (
    ("customer.name", _("Name")),
    ("customer.language", _("Language, like he")),
    ("customer.country", _("Country, like IL")),
    ("customer.region", _("Region")),
    ("customer.consent.marketing", _("Agreed to marketing")),
    ("event.source", _("The channel the event came from")),
)
