import pytest

from orchestrator.embedded.carrier.phones import Behaviour, Phone, Press
from orchestrator.embedded.carrier.twiml import Dial, Gather, Prompt, TwimlFailed, parse_replies, parse_voice
from orchestrator.embedded.carrier.webhooks import Patience, Reply, WebhookFailed
from orchestrator.embedded.carrier.wire import attempt_token, is_absolute_url, is_reachable


def test_a_gather_is_read_with_its_prompts() -> None:
    (gather,) = parse_voice(
        '<Response><Gather numDigits="1" timeout="3"><Say loop="2">Press one now.</Say></Gather></Response>'
    )

    assert isinstance(gather, Gather)
    assert (gather.digits, gather.timeout, gather.finish, gather.keys) == (1, 3, "#", True)
    assert gather.prompts == (Prompt(2 * len("Press one now.") / 15),)


def test_a_gather_for_speech_hears_no_keys() -> None:
    (gather,) = parse_voice('<Response><Gather input="speech"/></Response>')

    assert isinstance(gather, Gather)
    assert not gather.keys


def test_clients_and_plain_text_can_be_dialled() -> None:
    (dial,) = parse_voice("<Response><Dial>+15005550001<Client>alice</Client></Dial></Response>")

    assert isinstance(dial, Dial)
    assert {number.address for number in dial.numbers} == {"+15005550001", "client:alice"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<Response>",
        "<Other/>",
        '<!DOCTYPE r [<!ENTITY a "aa">]><Response/>',
        "<Response><Dial/></Response>",
        "<Response><Gather><Redirect>/x</Redirect></Gather></Response>",
    ],
)
def test_what_is_no_twiml_is_refused(text: str) -> None:
    with pytest.raises(TwimlFailed):
        parse_voice(text)


def test_replies_are_the_bodies_of_messages() -> None:
    text = "<Response><Message>One</Message><Message><Body>Two</Body></Message></Response>"

    assert parse_replies(text) == ("One", "Two")


def test_patience_is_twilios_unless_the_fragment_changes_it() -> None:
    assert Patience.of("") == Patience(connect=5, read=15, total=15, retries=1, reasons=frozenset({"ct"}))
    changed = Patience.of("ct=20&rt=99999&tt=300&rc=9&rp=5xx,rt")
    assert changed == Patience(connect=0.1, read=15, total=0.3, retries=5, reasons=frozenset({"5xx", "rt"}))


def test_only_failures_of_a_named_kind_are_repeated() -> None:
    patience = Patience.of("rp=5xx,rt")

    assert patience.repeats(Reply(503, "text/plain", ""))
    assert patience.repeats(WebhookFailed("rt"))
    assert not patience.repeats(Reply(404, "text/plain", ""))
    assert not patience.repeats(WebhookFailed("ct"))
    assert not Patience.of("rp=all").repeats(Reply(200, "text/plain", ""))


def test_keys_are_pressed_by_string_by_list_or_not_at_all() -> None:
    assert Phone(press="1").pressed(4) == Press(digits="1")
    assert Phone(press=["1", Press(digits="2", after=3)]).pressed(1) == Press(digits="2", after=3)
    assert Phone(press=["1"]).pressed(1) is None
    assert Phone(press="1", behaviour=Behaviour.MACHINE).pressed(0) is None


def test_the_attempt_is_that_of_the_first_url_that_has_one() -> None:
    assert attempt_token(None, "http://a/?x=1", "http://a/?attempt=t-1&x=1") == "t-1"
    assert attempt_token("http://a/") is None


@pytest.mark.parametrize("address", ["+972501234567", "client:alice", "sip:alice@example.com"])
def test_numbers_clients_and_sip_addresses_can_be_called(address: str) -> None:
    assert is_reachable(address)


@pytest.mark.parametrize("address", ["0501234567", "+0501234567", "+1234567890123456", "alice", "client:"])
def test_what_is_no_address_cannot_be_called(address: str) -> None:
    assert not is_reachable(address)


@pytest.mark.parametrize("url", ["/voice", "ftp://example.com/", "http://", "http://a_b.example.com/", "http://[/"])
def test_what_is_no_absolute_url_is_told_apart(url: str) -> None:
    assert not is_absolute_url(url)
