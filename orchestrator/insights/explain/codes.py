"""What each code is called, in English and Hebrew: a phrase for every member of every set that a sentence can name."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import BudgetKind, SwitchScope
from orchestrator.availability.verdicts import GateCode
from orchestrator.detection.lint.conditions import Sign
from orchestrator.detection.tables import RuleState
from orchestrator.escalations.outcome import Disposition
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.escalations.words import Language
from orchestrator.telephony.tables import AttemptState, Ending, MessageState

Pair = tuple[str, str]

RULE_STATES: Mapping[RuleState, Pair] = {
    RuleState.DRAFT: ("a draft that had not been published", "טיוטה שלא פורסמה"),
    RuleState.SHADOW: ("running in shadow", "פעיל בצל"),
    RuleState.PUBLISHED: ("published", "מפורסם"),
    RuleState.PAUSED: ("on hold", "מושהה"),
    RuleState.RETIRED: ("retired", "מחוץ לשימוש"),
}
STATES: Mapping[State, Pair] = {
    State.OPEN: ("it was not put before an agent yet", "הוא עוד לא הועבר לנציג"),
    State.WAITING: ("it was waiting for a time at which a call is allowed", "הוא המתין לשעה שבה מותר להתקשר"),
    State.QUEUED: ("it was waiting for an agent", "הוא המתין לנציג"),
    State.RESERVED: ("it was offered to an agent", "הוא הוצע לנציג"),
    State.ASSIGNED: ("it was with an agent", "הוא היה אצל נציג"),
    State.DIALING: ("the customer was being called", "החיוג ללקוח כבר החל"),
    State.CONNECTED: ("a person was speaking with the customer", "התנהלה שיחה עם הלקוח"),
    State.WRAPPING: ("the call was over and being written up", "השיחה הסתיימה, והנציג סיכם אותה"),
    State.CLOSED: ("it was closed", "הוא היה סגור"),
}
OUTCOMES: Mapping[Outcome, Pair] = {
    Outcome.SOLVED: ("solved", "הבעיה נפתרה"),
    Outcome.NOT_SOLVED: ("spoken with, but not solved", "התקיימה שיחה, אך הבעיה לא נפתרה"),
    Outcome.RESOLVED_BY_CUSTOMER: ("the customer got there alone", "הלקוח הסתדר לבד"),
    Outcome.UNREACHABLE: ("the customer could not be reached", "לא ניתן היה להשיג את הלקוח"),
    Outcome.DECLINED: ("the customer did not want it", "הלקוח לא היה מעוניין"),
    Outcome.OPTED_OUT: ("the customer wants no more calls", "הלקוח ביקש שלא יתקשרו עוד"),
    Outcome.EXPIRED: ("it ran out of time", "הזמן שהוקצב לו עבר"),
    Outcome.SUPPRESSED: ("nobody was called", "לא התקשרו לאיש"),
    Outcome.CONTROL: ("nobody was called on purpose, for comparison", "לא התקשרו בכוונה, לשם השוואה"),
    Outcome.FAILED: ("it failed", "הוא נכשל"),
    Outcome.CANCELED: ("taken back by us", "בוטל על ידינו"),
}
ENDINGS: Mapping[Ending, Pair] = {
    Ending.COMPLETED: ("it was answered", "השיחה נענתה"),
    Ending.MACHINE: ("an answering machine took it", "ענה משיבון"),
    Ending.BUSY: ("the line was busy", "הקו היה תפוס"),
    Ending.NO_ANSWER: ("nobody answered", "לא הייתה תשובה"),
    Ending.FAILED: ("it did not get through", "השיחה לא עברה"),
    Ending.INVALID_NUMBER: ("the number does not exist", "המספר אינו קיים"),
    Ending.CANCELED: ("it was called off", "השיחה בוטלה"),
    Ending.REFUSED: ("the carrier refused it", "ספק הטלפוניה סירב לה"),
    Ending.ABANDONED: ("it was answered, and no agent was there", "השיחה נענתה, אך לא היה נציג על הקו"),
    Ending.UNKNOWN: ("nobody knows whether it rang", "לא ידוע אם הטלפון צלצל"),
    Ending.NOT_PLACED: ("it never rang", "הטלפון לא צלצל"),
}
ATTEMPTS: Mapping[AttemptState, Pair] = {
    AttemptState.PREPARED: ("it was about to be dialed", "היא עמדה לצאת"),
    AttemptState.SUBMITTING: ("it was about to be dialed", "היא עמדה לצאת"),
    AttemptState.SUBMITTED: ("it was on its way", "היא הייתה בדרך"),
    AttemptState.RINGING: ("the phone was ringing", "הטלפון צלצל"),
    AttemptState.CONNECTED: ("they were speaking", "השיחה התנהלה"),
    AttemptState.UNKNOWN: ("nobody knew whether it rang", "לא היה ידוע אם הטלפון צלצל"),
    AttemptState.ENDED: ("it was over", "היא הסתיימה"),
}
MESSAGES: Mapping[MessageState, Pair] = {
    MessageState.PREPARED: ("it was about to go out", "ההודעה עמדה לצאת"),
    MessageState.SUBMITTING: ("it was about to go out", "ההודעה עמדה לצאת"),
    MessageState.SENT: ("it was sent", "ההודעה נשלחה"),
    MessageState.DELIVERED: ("it arrived", "ההודעה הגיעה"),
    MessageState.UNDELIVERED: ("it did not arrive", "ההודעה לא הגיעה"),
    MessageState.REFUSED: ("the carrier refused it", "ספק הטלפוניה סירב לה"),
    MessageState.UNKNOWN: ("nobody knows whether it arrived", "לא ידוע אם ההודעה הגיעה"),
    MessageState.CANCELED: ("it was not sent, since the case had ended", "ההודעה לא נשלחה, כי הטיפול כבר נסגר"),
}
PROMISES: Mapping[PromiseState, Pair] = {
    PromiseState.WRITTEN: ("not said yet", "עוד לא נאמרה"),
    PromiseState.OPEN: ("still to be kept", "עוד לא הגיע מועדה"),
    PromiseState.KEPT: ("kept", "קוימה"),
    PromiseState.RENEWED: ("renewed with an apology before it broke", "חודשה בהתנצלות לפני שהופרה"),
    PromiseState.BROKEN: ("broken", "הופרה"),
    PromiseState.RELEASED: ("released by the customer", "הלקוח ויתר עליה"),
    PromiseState.UNSAID: ("never said", "לא נאמרה מעולם"),
}
DISPOSITIONS: Mapping[Disposition, Pair] = {
    Disposition.SOLVED: ("solved", "נפתר"),
    Disposition.NOT_SOLVED: ("not solved", "לא נפתר"),
    Disposition.DECLINED: ("the customer declined", "הלקוח סירב"),
    Disposition.NEVER_CALL: ("never call again", "לא להתקשר עוד"),
    Disposition.NO_ANSWER: ("no answer", "אין תשובה"),
    Disposition.WRONG_NUMBER: ("wrong number", "מספר שגוי"),
    Disposition.VOICEMAIL: ("answering machine", "משיבון"),
    Disposition.CALL_AGAIN: ("call again", "להתקשר שוב"),
    Disposition.NOT_STATED: ("nothing was written down", "לא נרשם דבר"),
}
PURPOSES: Mapping[Purpose, Pair] = {
    Purpose.REQUESTED_CALLBACK: ("calls that were asked for", "שיחות שהתבקשו"),
    Purpose.SERVICE: ("service", "שירות"),
    Purpose.MARKETING: ("marketing", "שיווק"),
}
MEDIA: Mapping[Medium, Pair] = {
    Medium.VOICE_PERSON: ("calls by a person", "שיחות עם אדם"),
    Medium.VOICE_RECORDED: ("calls that open with a recording", "שיחות שנפתחות בהקלטה"),
    Medium.SMS: ("text messages", "הודעות טקסט"),
}
BUDGETS: Mapping[BudgetKind, Pair] = {
    BudgetKind.CALLS: ("calls", "שיחות"),
    BudgetKind.MONEY: ("money", "כסף"),
}
SCOPES: Mapping[SwitchScope, Pair] = {
    SwitchScope.EVERYTHING: ("all calls", "כל השיחות"),
    SwitchScope.QUEUE: ("this queue", "התור הזה"),
    SwitchScope.RULE: ("this rule", "הכלל הזה"),
}
GATES: Mapping[GateCode, Pair] = {
    GateCode.STILL_NEEDED: ("it is no longer needed", "אין עוד צורך"),
    GateCode.CONSENT: ("consent", "הסכמה"),
    GateCode.DO_NOT_CALL: ("do not call", "בקשה שלא להתקשר"),
    GateCode.WORTH: ("not worth its cost", "אינו שווה את עלותו"),
    GateCode.HOLDOUT: ("kept for comparison", "נשמר לשם השוואה"),
    GateCode.COOLDOWN: ("called for this lately", "כבר התקשרו בעניין זה לאחרונה"),
    GateCode.FREQUENCY: ("contacted often enough", "הפניות כבר רבות מספיק"),
    GateCode.CALLING_HOURS: ("no allowed hour where the customer is", "שעה אסורה במקום הלקוח"),
    GateCode.REST: ("the customer's day of rest", "יום המנוחה של הלקוח"),
    GateCode.BUSINESS_HOURS: ("the queue was closed", "התור היה סגור"),
    GateCode.STAFFING: ("no agent was free for it", "לא היה נציג פנוי לכך"),
    GateCode.BUDGET: ("the budget was used up", "התקציב נוצל"),
    GateCode.KILL_SWITCH: ("calls were switched off", "השיחות נעצרו"),
    GateCode.LATE_GRACE: ("late events were waited for", "המתנה לאירועים מאוחרים"),
    GateCode.EXPIRED: ("the time ran out", "הזמן עבר"),
}
SIGNS: Mapping[Sign, Pair] = {
    Sign.EQUAL: ("{}", "{}"),
    Sign.OTHER: ("anything but {}", "כל ערך מלבד {}"),
    Sign.LESS: ("less than {}", "פחות מ־{}"),
    Sign.AT_MOST: ("at most {}", "לכל היותר {}"),
    Sign.MORE: ("more than {}", "יותר מ־{}"),
    Sign.AT_LEAST: ("at least {}", "לפחות {}"),
}
PHRASES: Mapping[type[StrEnum], Mapping[Any, Pair]] = {  # Any: the members of its own set
    RuleState: RULE_STATES,
    State: STATES,
    Outcome: OUTCOMES,
    Ending: ENDINGS,
    AttemptState: ATTEMPTS,
    MessageState: MESSAGES,
    PromiseState: PROMISES,
    Disposition: DISPOSITIONS,
    Purpose: PURPOSES,
    Medium: MEDIA,
    BudgetKind: BUDGETS,
    SwitchScope: SCOPES,
    GateCode: GATES,
    Sign: SIGNS,
}


def phrase(code: StrEnum, language: Language) -> str:
    """Return what a code is called. One without a phrase is a bug: `KeyError`."""
    return PHRASES[type(code)][code][language is Language.HEBREW]
