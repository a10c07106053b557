"""What a name of an API model means; what looks like an address and is none is an error."""

import pytest

from firsthand.errors import UserError
from firsthand.models.address import checked_url, host_variables, key_variable, parse, written
from firsthand.models.openai import OpenAI

OPENAI = "https://api.openai.com/v1"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1234567890")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("m@127.0.0.1:8931", "http://127.0.0.1:8931/v1"),
        ("m@localhost:8000", "http://localhost:8000/v1"),
        ("m@localhost", "http://localhost/v1"),
        ("m@[::1]:80/v2", "http://[::1]/v2"),
        ("127.0.0.1:8931", "http://127.0.0.1:8931/v1"),
        ("localhost:8000/api", "http://localhost:8000/api"),
        ("m@http://h:1/v1/", "http://h:1/v1"),
        ("m@HTTPS://H.Example/", "https://h.example/v1"),
        ("m@https://h:443/v1/chat/completions", "https://h/v1"),
        ("ft:gpt-4o:org::id", OPENAI),
        ("gpt-oss:20b", OPENAI),
        ("llama3.1:8b", OPENAI),
        ("org/model.v2", OPENAI),
        ("@cf/meta/llama@https://api.cloudflare.com/v1", "https://api.cloudflare.com/v1"),
    ],
)
def test_names_that_are_right(name, url):
    assert OpenAI.from_name(name).url == url


@pytest.mark.parametrize(
    "name",
    [
        "m@api.together.xyz/v1",
        "m@api.openai.com",
        "m@10.0.0.7:8000",
        "m@htp://127.0.0.1:1/v1",
        "m@http:/127.0.0.1:1/v1",
        "m@http//127.0.0.1:1/v1",
        "m@http:127.0.0.1",
        "m@https:",
        "m@ftp://host/v1",
        "m@",
        "m@locahost:8000x",
        "http:/127.0.0.1:8931",
        "htps://api.openai.com/v1",
        "https//api.openai.com/v1",
        "http:127.0.0.1:8931/v1",
        "api.openai.com/v1",
        "api.example.com:8000",
        "10.0.0.7:8000",
        "gpuserver:8000",
        "gpuserver:8000/v1",
        "[fe80::1]:8000",
        "org/model@2:free",
    ],
)
def test_a_mistyped_address_is_no_model_at_the_vendor(name):
    with pytest.raises(UserError, match="not an address with a scheme: write openai:MODEL@http://"):
        OpenAI.from_name(name)


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///v1",
        "http://h:port/v1",
        "http://h:99999/v1",
        "http://h:/v1",
        "http://h o/v1",
        "https://https://h/v1",
        "http://h/v1 ",
        "http://h!/v1",
        "http://[::1/v1",
    ],
)
def test_urls_that_cannot_be_right(url):
    with pytest.raises(UserError, match="An endpoint reads http://HOST:PORT/v1 or https://HOST/v1"):
        OpenAI.from_name(f"m@{url}")


@pytest.mark.parametrize("url", ["http://me:pw1@h/v1", "http://h/v1?key=pw1", "http://h/v1#pw1"])
def test_logins_and_queries_are_refused_and_not_repeated(url):
    with pytest.raises(UserError, match="carries a login or a query") as refused:
        checked_url(url)
    assert "pw1" not in str(refused.value)


def test_names_with_blanks_are_refused():
    with pytest.raises(UserError, match="The name of a model has no blanks"):
        OpenAI.from_name("gpt 4")


def test_a_name_can_be_read_again():
    for model, extra, url in [
        ("m", {}, None),
        ("m", {"a": 1, "b": "x y&=@", "c": "1", "d": {"e": [None]}}, "http://h/v1"),
        ("", {"a": True}, "http://h/v1"),
        ("", {}, "http://h/v1"),
    ]:
        assert parse(written(model, extra, url)) == (model, extra, url)
    with pytest.raises(UserError, match="Fields of a model read MODEL"):
        parse("m?low@http://h/v1")


def test_which_key_belongs_to_a_host(monkeypatch: pytest.MonkeyPatch):
    assert key_variable(OPENAI) == "OPENAI_API_KEY"
    for url in (
        "http://api.openai.com/v1",
        "https://api.openai.com.evil.example/v1",
        "https://api.openai.com:8443/v1",
        "https://openai.com/v1",
        "http://127.0.0.1:1/v1",
    ):
        assert key_variable(url) is None, url
    assert host_variables("https://api.x-y.ai:8443/v1") == [
        "FIRSTHAND_KEY_API_X_Y_AI_8443",
        "FIRSTHAND_KEY_API_X_Y_AI",
    ]
    monkeypatch.setenv("FIRSTHAND_KEY_API_X_Y_AI", "k-1234567")
    assert key_variable("https://api.x-y.ai/v1") == "FIRSTHAND_KEY_API_X_Y_AI"
    monkeypatch.setenv("OPENAI_BASE_URL", "https://proxy.example/v1")
    assert key_variable("https://proxy.example/other") == "OPENAI_API_KEY"
    assert key_variable(OPENAI) is None, "one variable holds one key: the proxy's"
