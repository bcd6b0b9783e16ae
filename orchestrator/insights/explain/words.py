"""Why and why not, in sentences: one catalogue for both languages. Figures stand in braces; none of them is personal."""

from enum import StrEnum


class Part(StrEnum):
    """Where in the chain a sentence belongs."""

    RULE = "rule"  # which version, and whether it ran
    EVENTS = "events"  # what came, and what the rule made of it
    MOMENT = "moment"  # that there was one, or what was missing
    VERDICT = "verdict"  # what was decided about it
    GATES = "gates"  # whether a contact was allowed
    CONTACT = "contact"  # calls, messages and promises
    OUTCOME = "outcome"  # how it stands, or how it ended


class Say(StrEnum):
    NOT_YET = "not_yet"
    NOT_IN_FORCE = "not_in_force"
    PAUSED = "paused"
    NOTHING_SEEN = "nothing_seen"
    OPENED = "opened"
    MOVED = "moved"
    COUNTED = "counted"
    UNMET = "unmet"
    UNMET_SOMEHOW = "unmet_somehow"
    FAILED = "failed"
    SATISFIED = "satisfied"
    SATISFIED_AT_ONCE = "satisfied_at_once"
    CAME_LATE = "came_late"
    SETTLED = "settled"
    WATCHING = "watching"
    COUNTING = "counting"
    EMPTIED = "emptied"
    FOUND = "found"
    FOUND_NOW = "found_now"
    ONLY_IN_SHADOW = "only_in_shadow"
    NOT_RECORDED = "not_recorded"
    BEFORE_THE_RULE = "before_the_rule"
    CAME_WHILE_PAUSED = "came_while_paused"
    CAME_TOO_LATE = "came_too_late"
    FOUND_LATE = "found_late"
    FOUND_LATE_SOMEHOW = "found_late_somehow"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    WITHDRAWN_BY = "withdrawn_by"
    CONFIDENCE = "confidence"
    CONFIDENCE_UNKNOWN = "confidence_unknown"
    ESCALATED = "escalated"
    JOINED = "joined"
    PLAN_A = "plan_a"
    PLAN_B = "plan_b"
    CONTROL = "control"
    NOT_WORTH = "not_worth"
    WORTH_UNKNOWN = "worth_unknown"
    MESSAGE_INSTEAD = "message_instead"
    MESSAGE_DUE = "message_due"
    MESSAGE_NOT_NEEDED = "message_not_needed"
    MESSAGE_CASE_OPEN = "message_case_open"
    MESSAGE_COOLDOWN = "message_cooldown"
    MESSAGE_EXPIRED = "message_expired"
    MESSAGE_NOT_ALLOWED = "message_not_allowed"
    COOLING_DOWN = "cooling_down"
    COOLED_LATELY = "cooled_lately"
    DO_NOT_CALL = "do_not_call"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_MISSING = "consent_missing"
    NO_CONSENT = "no_consent"
    FOUND_WHILE_PAUSED = "found_while_paused"
    GATES_OPEN = "gates_open"
    GATES_CLOSED = "gates_closed"
    GATES_REFUSED = "gates_refused"
    GATE = "gate"
    QUEUED = "queued"
    CALLED = "called"
    CALLING = "calling"
    SPOKEN = "spoken"
    NOTED = "noted"
    MESSAGE = "message"
    PROMISED = "promised"
    PROMISE_ENDED = "promise_ended"
    CASE_OPEN = "case_open"
    CASE_CLOSED = "case_closed"
    CASE_CLOSED_BECAUSE = "case_closed_because"


SENTENCES: dict[Say, tuple[str, str]] = {
    Say.NOT_YET: (
        "The rule did not exist then: it was first written down at {at}.",
        "הכלל עוד לא היה קיים אז: הוא נכתב לראשונה ב־{at}.",
    ),
    Say.NOT_IN_FORCE: ("The rule was not in force then: it was {state}.", "הכלל לא היה בתוקף אז: הוא היה {state}."),
    Say.PAUSED: ("The rule was on hold then and detected nothing new.", "הכלל היה מושהה אז ולא זיהה דבר חדש."),
    Say.NOTHING_SEEN: (
        "Until then, nothing came from the customer that the rule looks at.",
        "עד אז לא הגיע מן הלקוח דבר שהכלל מסתכל עליו.",
    ),
    Say.OPENED: (
        "At {at} {what}, and the rule began to wait until {deadline}.",
        "ב־{at} {what}, והכלל התחיל להמתין עד {deadline}.",
    ),
    Say.MOVED: (
        "At {at} {what}, and the deadline moved to {deadline}.",
        "ב־{at} {what}, והמועד האחרון זז אל {deadline}.",
    ),
    Say.COUNTED: (
        "At {at} {what}, and the score came to {total} of {threshold}.",
        "ב־{at} {what}, והניקוד הגיע ל־{total} מתוך {threshold}.",
    ),
    Say.UNMET: ("At {at} {what}, but {missed}.", "ב־{at} {what}, אך {missed}."),
    Say.UNMET_SOMEHOW: (
        "At {at} {what}, but it did not meet the rule's conditions.",
        "ב־{at} {what}, אך הדבר לא עמד בתנאי הכלל.",
    ),
    Say.FAILED: (
        "At {at} {what}, but the rule had to pass over it: {place} could not be read from it.",
        "ב־{at} {what}, אך הכלל נאלץ לדלג עליו: לא היה אפשר לקרוא ממנו את {place}.",
    ),
    Say.SATISFIED: (
        "At {at} {what}, {span} before the deadline at {deadline}. So there was no moment.",
        "ב־{at} {what}, {span} לפני המועד האחרון ב־{deadline}. לכן לא נוצר רגע.",
    ),
    Say.SATISFIED_AT_ONCE: (
        "At {at} {what}, at the very deadline, which is still in time. So there was no moment.",
        "ב־{at} {what}, בדיוק במועד האחרון, וזה עדיין בזמן. לכן לא נוצר רגע.",
    ),
    Say.CAME_LATE: (
        "At {at} {what}: {span} after the moment, so too late to prevent it.",
        "ב־{at} {what}: {span} אחרי הרגע, ולכן מאוחר מכדי למנוע אותו.",
    ),
    Say.SETTLED: (
        "At {at} {what}, {span} after the moment, and that settled the matter.",
        "ב־{at} {what}, {span} אחרי הרגע, ובכך העניין הסתדר.",
    ),
    Say.WATCHING: (
        "A watch is open since {at}: unless what it waits for comes, it becomes a moment at {deadline}.",
        "המעקב פתוח מאז {at}: אם מה שמחכים לו לא יגיע, ייווצר רגע ב־{deadline}.",
    ),
    Say.COUNTING: (
        "The score stood at {total} of {threshold}: {short} short of a moment.",
        "הניקוד עמד על {total} מתוך {threshold}: חסרו {short} כדי שייווצר רגע.",
    ),
    Say.EMPTIED: ("At {at} {what}, and the score began anew.", "ב־{at} {what}, והניקוד התחיל מחדש."),
    Say.FOUND: (
        "The rule found a moment at {at}, by its version {version}.",
        "הכלל מצא רגע ב־{at}, לפי הגרסה שמספרה {version}.",
    ),
    Say.FOUND_NOW: (
        "At {at} {what}, and the rule found a moment, by its version {version}.",
        "ב־{at} {what}, והכלל מצא רגע, לפי הגרסה שמספרה {version}.",
    ),
    Say.ONLY_IN_SHADOW: ("The rule ran in shadow then, which contacts nobody.", "הכלל פעל אז בצל, ובצל לא פונים לאיש."),
    Say.NOT_RECORDED: ("It was not acted on.", "לא נעשה בו דבר."),
    Say.BEFORE_THE_RULE: (
        "It was not acted on: what led to it arrived before the rule came into force at {since}.",
        "לא נעשה בו דבר: מה שהוביל אליו הגיע לפני שהכלל נכנס לתוקף ב־{since}.",
    ),
    Say.CAME_WHILE_PAUSED: (
        "It was not acted on: what led to it arrived while the rule was on hold.",
        "לא נעשה בו דבר: מה שהוביל אליו הגיע בזמן שהכלל היה מושהה.",
    ),
    Say.CAME_TOO_LATE: (
        "It was not acted on: what led to it was imported, or arrived more than a day late.",
        "לא נעשה בו דבר: מה שהוביל אליו יובא, או הגיע באיחור של יותר מיום.",
    ),
    Say.FOUND_LATE: (
        "It was found late, at {at}: that {what}, at {happened}, was told to us {span} after it happened.",
        "הוא נמצא באיחור, ב־{at}: על כך ש{what} ב־{happened} נמסר לנו {span} אחרי שקרה.",
    ),
    Say.FOUND_LATE_SOMEHOW: (
        "It was found late, at {at}, through an event that came after it happened.",
        "הוא נמצא באיחור, ב־{at}, בעקבות אירוע שהגיע אחרי שקרה.",
    ),
    Say.MERGED: (
        "It began while the customer was known under another id; both became one at {at}.",
        "הוא התחיל כשהלקוח היה מוכר במזהה אחר; שני המזהים אוחדו ב־{at}.",
    ),
    Say.WITHDRAWN_BY: (
        "It was taken back at {at}: {what} at {happened} already, and we were told of it only at {told}.",
        "הוא בוטל ב־{at}: {what} כבר ב־{happened}, ונמסר לנו על כך רק ב־{told}.",
    ),
    Say.WITHDRAWN: (
        "A late event showed that it never was, and it was withdrawn at {at}.",
        "אירוע שהגיע באיחור הראה שלא היה, והרגע בוטל ב־{at}.",
    ),
    Say.CONFIDENCE: ("The rule is {share} sure of it.", "ודאות הכלל בכך: {share}."),
    Say.CONFIDENCE_UNKNOWN: (
        "How sure the rule is could not be told: the expression for it had no value between 0 and 1.",
        "לא ניתן היה לדעת עד כמה הכלל ודאי: לביטוי שקובע זאת לא היה ערך בין 0 ל־1.",
    ),
    Say.ESCALATED: ("It opened a case.", "הוא פתח טיפול."),
    Say.JOINED: (
        "It joined the case that was open since {since} for “{title}”.",
        "הוא צורף לטיפול שהיה פתוח מאז {since} בשל „{title}”.",
    ),
    Say.PLAN_A: (
        "Of the rule's two plans this customer takes plan A.",
        "מבין שתי התוכניות של הכלל, הלקוח הזה הולך לפי תוכנית א׳.",
    ),
    Say.PLAN_B: (
        "Of the rule's two plans this customer takes plan B.",
        "מבין שתי התוכניות של הכלל, הלקוח הזה הולך לפי תוכנית ב׳.",
    ),
    Say.CONTROL: (
        "Nobody was called on purpose: the customer is in the group of {share} by which the worth of calls is measured.",
        "לא התקשרו בכוונה: הלקוח נמצא בקבוצה של {share} שלפיה נמדדת תועלת השיחות.",
    ),
    Say.NOT_WORTH: (
        "Nobody was called: a call was worth {expected} ({value} at a chance of {chance}), and costs {call_cost}.",
        "לא התקשרו: השיחה הייתה שווה {expected} ({value} בסיכוי של {chance}), ועלותה {call_cost}.",
    ),
    Say.WORTH_UNKNOWN: (
        "Nobody was called: what a call was worth could not be read.",
        "לא התקשרו: לא היה אפשר לקרוא מה שווי השיחה.",
    ),
    Say.MESSAGE_INSTEAD: ("A message went instead at {at}.", "במקומה נשלחה הודעה ב־{at}."),
    Say.MESSAGE_DUE: ("A message was still to go instead.", "הודעה עדיין עמדה להישלח במקומה."),
    Say.MESSAGE_NOT_NEEDED: (
        "No message went instead: before it could, there was nothing left to write about.",
        "לא נשלחה הודעה במקומה: עוד לפני כן כבר לא היה בה צורך.",
    ),
    Say.MESSAGE_CASE_OPEN: (
        "No message went instead: a case of the customer was open anyway.",
        "לא נשלחה הודעה במקומה: ללקוח היה ממילא טיפול פתוח.",
    ),
    Say.MESSAGE_COOLDOWN: (
        "No message went instead: the rule had led to this customer too short a time before.",
        "לא נשלחה הודעה במקומה: הכלל כבר הוביל אל הלקוח זמן קצר מדי קודם לכן.",
    ),
    Say.MESSAGE_EXPIRED: (
        "No message went instead: no allowed hour came before the moment expired.",
        "לא נשלחה הודעה במקומה: עד שפג תוקף הרגע לא הגיעה שעה מותרת.",
    ),
    Say.MESSAGE_NOT_ALLOWED: (
        "No message went instead: this customer may not be written to, or has no number.",
        "לא נשלחה הודעה במקומה: אסור לכתוב ללקוח, או שאין לו מספר.",
    ),
    Say.COOLING_DOWN: (
        "Nobody was called: this rule had led to a case at {last}, and leaves the customer alone for {length}, until {until}.",
        "לא התקשרו: כלל זה כבר הוביל לטיפול ב־{last}, והוא מניח ללקוח למשך {length}, עד {until}.",
    ),
    Say.COOLED_LATELY: (
        "Nobody was called: this rule had led to a case too short a time before.",
        "לא התקשרו: כלל זה כבר הוביל לטיפול זמן קצר מדי קודם לכן.",
    ),
    Say.DO_NOT_CALL: (
        "Nobody was called: the customer asked not to be called.",
        "לא התקשרו: הלקוח ביקש שלא יתקשרו.",
    ),
    Say.CONSENT_REFUSED: (
        "Nobody was called: the customer refused {purpose}.",
        "לא התקשרו: הלקוח סירב ל{purpose}.",
    ),
    Say.CONSENT_MISSING: (
        "Nobody was called: the customer never consented to {purpose}.",
        "לא התקשרו: הלקוח מעולם לא הסכים ל{purpose}.",
    ),
    Say.NO_CONSENT: (
        "Nobody was called: the customer's consent did not cover it.",
        "לא התקשרו: הסכמת הלקוח לא כללה זאת.",
    ),
    Say.FOUND_WHILE_PAUSED: (
        "Nobody was called: the rule was on hold when it was found.",
        "לא התקשרו: הכלל היה מושהה כשהרגע נמצא.",
    ),
    Say.GATES_OPEN: ("At {at} every gate was open.", "ב־{at} כל השערים היו פתוחים."),
    Say.GATES_CLOSED: ("At {at} a contact had to wait, until {until}.", "ב־{at} הפנייה נאלצה להמתין, עד {until}."),
    Say.GATES_REFUSED: ("At {at} a contact was ruled out.", "ב־{at} הפנייה נשללה."),
    Say.GATE: ("{sentence}", "{sentence}"),
    Say.QUEUED: ("At {at} it was put before the agents.", "ב־{at} הוא הועבר לנציגים."),
    Say.CALLED: ("At {at} the customer was called: {result}.", "ב־{at} התקשרו ללקוח: {result}."),
    Say.CALLING: ("At {at} a call to the customer began: {result}.", "ב־{at} החלה שיחה ללקוח: {result}."),
    Say.SPOKEN: (
        "At {at} the customer was called, and a person spoke with them for {span}.",
        "ב־{at} התקשרו ללקוח, והתקיימה שיחה עם אדם במשך {span}.",
    ),
    Say.NOTED: ("At {at} the agent noted: {result}.", "ב־{at} הנציג רשם: {result}."),
    Say.MESSAGE: ("At {at} a text message was written: {result}.", "ב־{at} נכתבה הודעת טקסט: {result}."),
    Say.PROMISED: (
        "At {at} the customer was promised a call by {due}.",
        "ב־{at} הובטחה ללקוח שיחה עד {due}.",
    ),
    Say.PROMISE_ENDED: ("The promise was {result}, at {at}.", "ההבטחה: {result}, ב־{at}."),
    Say.CASE_OPEN: ("A case was open since {since}: {state}.", "טיפול היה פתוח מאז {since}: {state}."),
    Say.CASE_CLOSED: ("The case was closed at {at}: {outcome}.", "הטיפול נסגר ב־{at}: {outcome}."),
    Say.CASE_CLOSED_BECAUSE: (
        "The case was closed at {at}: {outcome} ({reasons}).",
        "הטיפול נסגר ב־{at}: {outcome} ({reasons}).",
    ),
}
_SURE = (Say.CONFIDENCE, Say.CONFIDENCE_UNKNOWN)
_ORIGIN = (Say.FOUND_LATE, Say.FOUND_LATE_SOMEHOW, Say.MERGED)
_IN_PART: dict[Part, tuple[Say, ...]] = {
    Part.RULE: (Say.NOT_YET, Say.NOT_IN_FORCE, Say.PAUSED),
    Part.EVENTS: (Say.OPENED, Say.MOVED, Say.COUNTED, Say.UNMET, Say.UNMET_SOMEHOW, Say.FAILED, Say.NOTHING_SEEN, Say.EMPTIED),
    Part.MOMENT: (
        *(Say.FOUND, Say.FOUND_NOW, Say.SATISFIED, Say.SATISFIED_AT_ONCE, Say.WATCHING, Say.COUNTING),
        *(*_ORIGIN, *_SURE),
    ),
    Part.GATES: (Say.GATES_OPEN, Say.GATES_CLOSED, Say.GATES_REFUSED, Say.GATE),
    Part.CONTACT: (
        *(Say.QUEUED, Say.CALLED, Say.CALLING, Say.SPOKEN, Say.NOTED, Say.MESSAGE, Say.PROMISED, Say.PROMISE_ENDED),
        *(Say.MESSAGE_INSTEAD, Say.MESSAGE_DUE, Say.MESSAGE_NOT_NEEDED, Say.MESSAGE_CASE_OPEN),
        *(Say.MESSAGE_COOLDOWN, Say.MESSAGE_EXPIRED, Say.MESSAGE_NOT_ALLOWED),
        *(Say.CAME_LATE, Say.SETTLED),
    ),
    Part.OUTCOME: (Say.CASE_OPEN, Say.CASE_CLOSED, Say.CASE_CLOSED_BECAUSE),
}
PARTS: dict[Say, Part] = {
    **dict.fromkeys(Say, Part.VERDICT),
    **{say: part for part, several in _IN_PART.items() for say in several},
}
# What an answer can be told by in one sentence: the last of these, or else the last of the weaker ones.
HEADLINES = frozenset(
    {
        *(say for say, part in PARTS.items() if part in (Part.VERDICT, Part.OUTCOME, Part.MOMENT)),
        *(Say.NOT_YET, Say.NOT_IN_FORCE),
    }
) - {Say.COUNTING, Say.FOUND, Say.FOUND_NOW, Say.PLAN_A, Say.PLAN_B, *_ORIGIN, *_SURE}
