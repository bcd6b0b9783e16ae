"""Settings: what the environment may say, and that a mistake is named in one line."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.settings import NotConfigured, load

ACCOUNT = "AC" + "0" * 32
KEY = base64.b64encode(bytes(32)).decode()
SECRETS = {
    "RINGBACK_TWILIO_ACCOUNT_SID": ACCOUNT,
    "RINGBACK_TWILIO_AUTH_TOKEN": "token",
    "RINGBACK_PAYLOAD_KEYS": f"k1:{KEY}",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment with the required secrets and nothing else, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_durations_are_a_number_and_a_unit(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RINGBACK_QUIET_PERIOD", "15m")
    environment.setenv("RINGBACK_LATE_GRACE", "0s")
    environment.setenv("RINGBACK_RELAY_POLL", "50ms")

    settings = load()

    assert settings.quiet_period == timedelta(minutes=15)
    assert settings.late_grace == timedelta(0)
    assert settings.relay_poll == timedelta(milliseconds=50)


@pytest.mark.parametrize("text", ["15", "1h30m", "-5s", "05m", "1.5h", "P1D", "soon"])
def test_anything_else_is_no_duration(environment: pytest.MonkeyPatch, text: str) -> None:
    environment.setenv("RINGBACK_QUIET_PERIOD", text)

    with pytest.raises(NotConfigured, match="RINGBACK_QUIET_PERIOD") as refusal:
        load()

    assert "\n" not in str(refusal.value)


def test_what_is_repeated_all_day_may_not_take_no_time(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RINGBACK_RELAY_POLL", "0s")

    with pytest.raises(NotConfigured, match="RINGBACK_RELAY_POLL"):
        load()


@pytest.mark.parametrize("name", SECRETS)
def test_a_missing_secret_stops_the_start_and_is_named(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)

    with pytest.raises(NotConfigured, match=f"^{name} is not set$"):
        load()


def test_an_empty_variable_counts_as_not_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RINGBACK_TWILIO_AUTH_TOKEN", "")

    with pytest.raises(NotConfigured, match="RINGBACK_TWILIO_AUTH_TOKEN is not set"):
        load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RINGBACK_DATABASE_URL", "mysql://root:hunter2@db/x"),
        ("RINGBACK_TEMPORAL_ADDRESS", "https://hunter2:7233"),
        ("RINGBACK_CARRIER_URL", "ftp://hunter2"),
        ("RINGBACK_PAYLOAD_KEYS", "k1:hunter2"),
        ("RINGBACK_PAYLOAD_KEYS", f"k1:{KEY},k1:{KEY}"),
        ("RINGBACK_TWILIO_ACCOUNT_SID", "hunter2"),
        ("RINGBACK_TWILIO_FROM_NUMBERS", "+15550100001,hunter2"),
        ("RINGBACK_DEFAULT_COUNTRY", "Israel"),
        ("RINGBACK_LOG_LEVEL", "hunter2"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_never_repeated(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)

    with pytest.raises(NotConfigured, match=name) as refusal:
        load()

    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_the_first_payload_key_is_the_current_one(environment: pytest.MonkeyPatch) -> None:
    other = base64.b64encode(b"\x01" * 32).decode()
    environment.setenv("RINGBACK_PAYLOAD_KEYS", f"k2:{other}, k1:{KEY}")

    keyring = load().payload_keyring

    assert [(key.key_id, key.secret[0]) for key in keyring] == [("k2", 1), ("k1", 0)]


def test_sender_numbers_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RINGBACK_TWILIO_FROM_NUMBERS", "+15550100001, +15550100002")

    assert load().twilio_from_numbers == ("+15550100001", "+15550100002")


def test_hidden_fields_are_named_once_each(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RINGBACK_HIDE_FIELDS", "income, email,cart.total, annual income,email")

    assert load().hide_fields == ("income", "email", "cart.total", "annual income")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("email,,income", "name 2 of 3, ``: is empty"),
        ("email,", "name 2 of 2, ``: is empty"),
        ("cart..total", "`cart..total`: is no name of a field"),
        (".total", "`.total`: is no name of a field"),
        ("data.total", "leave out `data.`"),
        ("customer.income", "leave out `customer.`"),
        ("checkout.started", "`checkout.started` is a type of event"),
        ("checkout.started.total", "`checkout.started` is a type of event"),
        ("Phone", "RINGBACK_HIDE_NUMBERS"),
        ("zone", "cannot be hidden"),
    ],
)
def test_a_name_that_hides_no_field_is_named_with_its_fix(environment: pytest.MonkeyPatch, names: str, said: str) -> None:
    environment.setenv("RINGBACK_HIDE_FIELDS", names)

    with pytest.raises(NotConfigured) as refusal:
        load()

    assert (refusal.value.field, said in str(refusal.value)) == ("RINGBACK_HIDE_FIELDS", True)


def test_no_secret_shows_in_a_printed_settings_object(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RINGBACK_TWILIO_AUTH_TOKEN", "hunter2")
    environment.setenv("RINGBACK_DATABASE_URL", "postgresql://ringback:hunter3@127.0.0.1/ringback")

    shown = repr(load())

    assert "hunter2" not in shown
    assert "hunter3" not in shown
    assert KEY not in shown


def test_the_data_folder_fills_in_what_the_environment_leaves_out(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for place in (data / "secrets", data / "run"):
        place.mkdir(parents=True)
    (data / "secrets" / "ringback_twilio_auth_token").write_text("from the file\n")
    (data / "secrets" / "ringback_holdout_salt").write_text("pepper")
    (data / "run" / "ringback_database_url").write_text("postgresql://ringback@127.0.0.1:1/ringback")
    environment.setenv("RINGBACK_DATA", str(data))
    environment.setenv("RINGBACK_HOLDOUT_SALT", "salt")
    environment.delenv("RINGBACK_TWILIO_AUTH_TOKEN")

    settings = load()

    assert settings.data == data
    assert settings.twilio_auth_token.get_secret_value() == "from the file"
    assert settings.holdout_salt == "salt"
    assert settings.database() == "postgresql://ringback@127.0.0.1:1/ringback"
    assert load(running=False).database_url is None


def test_without_a_server_the_missing_variable_is_named(environment: pytest.MonkeyPatch) -> None:
    settings = load()

    with pytest.raises(NotConfigured, match="RINGBACK_DATABASE_URL"):
        settings.database()
    with pytest.raises(NotConfigured, match="RINGBACK_TEMPORAL_ADDRESS"):
        settings.temporal()
