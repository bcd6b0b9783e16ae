"""Ten written questions about the demo's customers, and the sentences that answer them, in both languages."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.detection.library import RuleLibrary
from orchestrator.embedded.demo.channels import schedule
from orchestrator.embedded.demo.journeys import Crowd, Journey, Zones
from orchestrator.embedded.demo.stage import publish_rules
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.explaining import RuleAnswer, explain
from orchestrator.insights.timelines import find_customer
from orchestrator.storage.database import Database
from tests.integration.intake_world import World

TIME = re.compile(r"(?:[A-Z][a-z]{2} \d{1,2}, \d{4}, |\d{1,2} ב\S+ \d{4}, )?\d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Question:
    """What a supervisor asks of a customer; `T` stands for every time in the answer."""

    asked: str
    customer: str
    rule: str
    english: tuple[str, ...]
    hebrew: tuple[str, ...]


QUESTIONS = (
    Question(
        "Why was this customer not called, although a cart was left?",
        "demo-0002",
        "incomplete-checkout",
        (
            "At T a checkout began, and the rule began to wait until T.",
            "At T the cart changed, and the deadline moved to T.",
            "At T a checkout was paid, 10 seconds before the deadline at T. So there was no moment.",
        ),
        (
            "ב־T התחילה קנייה, והכלל התחיל להמתין עד T.",
            "ב־T הסל השתנה, והמועד האחרון זז אל T.",
            "ב־T קנייה שולמה, 10 שניות לפני המועד האחרון ב־T. לכן לא נוצר רגע.",
        ),
    ),
    Question(
        "Why was this one not called, whose cart is still left?",
        "demo-0061",
        "incomplete-checkout",
        ("At T a checkout began, but the total was 40, and the rule asks for at least 300.",),
        ("ב־T התחילה קנייה, אך הסכום היה 40, והכלל דורש לפחות 300.",),
    ),
    Question(
        "Why was nobody called about a large cart that was left?",
        "demo-0053",
        "incomplete-checkout",
        (
            "At T a checkout began, and the rule began to wait until T.",
            "At T the cart changed, and the deadline moved to T.",
            "The rule found a moment at T, by its version 1.",
            "Nobody was called: the customer refused marketing.",
        ),
        (
            "ב־T התחילה קנייה, והכלל התחיל להמתין עד T.",
            "ב־T הסל השתנה, והמועד האחרון זז אל T.",
            "הכלל מצא רגע ב־T, לפי הגרסה שמספרה 1.",
            "לא התקשרו: הלקוח סירב לשיווק.",
        ),
    ),
    Question(
        "Why did this case end without a call?",
        "demo-0051",
        "incomplete-checkout",
        (
            "At T a checkout began, and the rule began to wait until T.",
            "At T the cart changed, and the deadline moved to T.",
            "The rule found a moment at T, by its version 1.",
            "It opened a case.",
            "At T a checkout was paid, 1 second after the moment, and that settled the matter.",
            "The case was closed at T: the customer got there alone.",
        ),
        (
            "ב־T התחילה קנייה, והכלל התחיל להמתין עד T.",
            "ב־T הסל השתנה, והמועד האחרון זז אל T.",
            "הכלל מצא רגע ב־T, לפי הגרסה שמספרה 1.",
            "הוא פתח טיפול.",
            "ב־T קנייה שולמה, שנייה אחרי הרגע, ובכך העניין הסתדר.",
            "הטיפול נסגר ב־T: הלקוח הסתדר לבד.",
        ),
    ),
    Question(
        "How far is this customer from being called for being lost?",
        "demo-0255",
        "lost-in-help",
        (
            "At T the help was searched, and the score came to 2 of 6.",
            "At T a help page was read, and the score came to 3 of 6.",
            "The score stood at 3 of 6: 3 short of a moment.",
        ),
        (
            "ב־T בוצע חיפוש בעזרה, והניקוד הגיע ל־2 מתוך 6.",
            "ב־T נקרא דף עזרה, והניקוד הגיע ל־3 מתוך 6.",
            "הניקוד עמד על 3 מתוך 6: חסרו 3 כדי שייווצר רגע.",
        ),
    ),
    Question(
        "Why was nobody called about this message?",
        "demo-0191",
        "angry-customer",
        ("At T the customer wrote, but the words were too calm: their anger counts 0, and the rule asks for at least 2.",),
        ("ב־T התקבלה הודעה, אך המילים היו רגועות מדי: מידת הכעס בהן 0, והכלל דורש לפחות 2.",),
    ),
    Question(
        "Why is this customer to be called?",
        "demo-0184",
        "angry-customer",
        (
            "At T a complaint was made, and the rule found a moment, by its version 1.",
            "It opened a case.",
            "A case was open since T: it was not put before an agent yet.",
        ),
        (
            "ב־T הוגשה תלונה, והכלל מצא רגע, לפי הגרסה שמספרה 1.",
            "הוא פתח טיפול.",
            "טיפול היה פתוח מאז T: הוא עוד לא הועבר לנציג.",
        ),
    ),
    Question(
        "When is the end of this contract a reason to call?",
        "demo-0169",
        "renewal-due",
        (
            "At T a contract began, and the rule began to wait until T.",
            "At T a contract began, and the deadline moved to T.",
            "A watch is open since T: unless what it waits for comes, it becomes a moment at T.",
        ),
        (
            "ב־T התחיל חוזה, והכלל התחיל להמתין עד T.",
            "ב־T התחיל חוזה, והמועד האחרון זז אל T.",
            "המעקב פתוח מאז T: אם מה שמחכים לו לא יגיע, ייווצר רגע ב־T.",
        ),
    ),
    Question(
        "Why was this customer left in peace after moving house?",
        "demo-0179",
        "moved-house",
        (
            "At T the customer moved house, and the rule found a moment, by its version 1.",
            "It opened a case.",
            "At T a help page was read, 1 second after the moment, and that settled the matter.",
            "The case was closed at T: the customer got there alone.",
        ),
        (
            "ב־T דווח על מעבר דירה, והכלל מצא רגע, לפי הגרסה שמספרה 1.",
            "הוא פתח טיפול.",
            "ב־T נקרא דף עזרה, שנייה אחרי הרגע, ובכך העניין הסתדר.",
            "הטיפול נסגר ב־T: הלקוח הסתדר לבד.",
        ),
    ),
    Question(
        "Was this sale ever a reason to call?",
        "demo-0157",
        "sale-left-open",
        (
            "At T a sale was opened, and the rule began to wait until T.",
            "At T a sale was closed, 7 seconds before the deadline at T. So there was no moment.",
        ),
        (
            "ב־T נפתחה מכירה, והכלל התחיל להמתין עד T.",
            "ב־T מכירה נסגרה, 7 שניות לפני המועד האחרון ב־T. לכן לא נוצר רגע.",
        ),
    ),
)
ABOUT = {question.customer for question in QUESTIONS}


def journeys() -> list[Journey]:
    """The demo's own, of the customers asked about."""
    crowd = Crowd(Zones("Asia/Jerusalem", "America/New_York"), seed=7, over=timedelta(seconds=24))
    return [each for each in crowd.all() if each.subject in ABOUT]


@pytest.fixture
async def answered(database: Database) -> dict[str, RuleAnswer]:
    """The answers by customer, each asked when the demo's events had come, under the demo's rules."""
    world = World.on(database, late_grace=timedelta(minutes=10))  # what the demo sends, it sends at once: nothing is late
    await publish_rules(database)
    began = datetime.now(UTC) - timedelta(minutes=5)
    for customer in journeys():
        await world.send(*(due.event for due in schedule([customer], began)))
    answers = {}
    async with database.transaction() as session:
        now = await database.clock.now(session)
        for question in QUESTIONS:
            known = await find_customer(session, question.customer)
            (answers[question.customer],) = await explain(session, known, RuleLibrary(), at=now, rule=question.rule)
    return answers


async def test_ten_written_questions_are_answered_in_both_languages(answered: dict[str, RuleAnswer]) -> None:
    zone = ZoneInfo("Asia/Jerusalem")

    for question in QUESTIONS:
        told = {each: [TIME.sub("T", said) for said in answered[question.customer].sentences(each, zone)] for each in Language}

        assert told[Language.ENGLISH] == list(question.english), question.asked
        assert told[Language.HEBREW] == list(question.hebrew), question.asked
