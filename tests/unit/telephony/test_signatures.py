from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from orchestrator.telephony.signatures import Form, Gatekeeper, NotFromCarrier

ACCOUNT = "AC" + "1" * 32
URL = "https://calls.example.com/telephony/status?attempt=abc"


def a_form(**fields: str) -> Form:
    return Form(list(({"AccountSid": ACCOUNT, "CallSid": "CA1"} | fields).items()))


def signed(form: Form, url: str = URL, token: str = "secret") -> str:
    return str(RequestValidator(token).compute_signature(url, form))


def test_twilios_worked_example_is_let_in() -> None:
    form = Form.read(
        urlencode(
            {
                "Digits": "1234",
                "To": "+18005551212",
                "From": "+14158675310",
                "Caller": "+14158675310",
                "CallSid": "CA1234567890ABCDE",
            }
        ).encode()
    )

    valid = RequestValidator("12345").validate(
        "https://example.com/myapp.php?foo=1&bar=2", form, "L/OH5YylLD5NRKLltdqwSvS0BnU="
    )

    assert valid


@pytest.mark.parametrize("token", ["secret", "the one before"])
def test_both_tokens_of_a_rotation_are_accepted(token: str) -> None:
    form = a_form()

    Gatekeeper(ACCOUNT, ("secret", "the one before")).check(URL, form, signed(form, token=token))


@pytest.mark.parametrize(
    ("form", "url", "signature"),
    [
        (a_form(), URL, None),
        (a_form(), URL, ""),
        (a_form(), URL, "ünsigned"),
        (a_form(), URL, signed(a_form(), token="another")),
        (a_form(), URL + "&turn=1", signed(a_form())),
        (a_form(), URL.replace("https", "http"), signed(a_form())),
        (a_form(Digits="9"), URL, signed(a_form())),
        (a_form(AccountSid="AC" + "2" * 32), URL, signed(a_form(AccountSid="AC" + "2" * 32))),
        (Form([]), URL, signed(Form([]))),
    ],
    ids=["none", "blank", "garbage", "other token", "other query", "other scheme", "other field", "other account", "empty"],
)
def test_what_our_account_has_not_signed_is_kept_out(form: Form, url: str, signature: str | None) -> None:
    with pytest.raises(NotFromCarrier):
        Gatekeeper(ACCOUNT, ("secret",)).check(url, form, signature)


def test_blank_and_repeated_fields_are_part_of_what_is_signed() -> None:
    form = Form.read(f"AccountSid={ACCOUNT}&CallSid=CA1&Empty=&Twice=b&Twice=a".encode())

    Gatekeeper(ACCOUNT, ("secret",)).check(URL, form, signed(form))

    assert form.getlist("Twice") == ["b", "a"]
    assert form.text("Empty") is None


def test_fields_that_cannot_be_read_are_absent() -> None:
    form = Form.read(b"SequenceNumber=-1&CallDuration=12&Timestamp=yesterday&SipResponseCode=\xd9\xa3")

    assert form.number("SequenceNumber") is None
    assert form.instant("Timestamp") is None
    assert Form.read(b"CallDuration=12").number("CallDuration") == 12
    assert Form.read(b"a=\xff\xfe").text("a") is None


def test_the_tokens_are_not_shown() -> None:
    assert "secret" not in repr(Gatekeeper(ACCOUNT, ("secret",)))
