"""What the environment says, and how a person hears what is wrong with it."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from app.terminal.environment import UnusableSettings, misspelt, read_settings

NO_LIST = 'a list is written as JSON, as in ["this", "that"]'

NO_ORIGIN = "an origin is a scheme and a host in lower case and no path, as in https://app.example.com"


def test_lists_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_CORS_ORIGINS", '["https://app.example.com"]')
    monkeypatch.setenv("TRELLIS_MANIFESTS", '["web.json"]')
    monkeypatch.setenv("TRELLIS_TRUSTED_PROXIES", '["10.0.0.0/8", "::1"]')

    settings = read_settings()

    assert settings.cors_origins == ["https://app.example.com"]
    assert settings.manifests == [Path("web.json")]
    assert settings.trusted_proxies == [ip_network("10.0.0.0/8"), ip_network("::1")]


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("https://app.example.com", ["https://app.example.com"]),
        (" https://a.example.com, http://localhost:5173 ,", ["https://a.example.com", "http://localhost:5173"]),
        ("*", ["*"]),
        ("", []),
        ('["https://app.example.com"]', ["https://app.example.com"]),
    ],
)
def test_origins_are_also_a_comma_list(monkeypatch: pytest.MonkeyPatch, value: str, origins: list[str]) -> None:
    monkeypatch.setenv("TRELLIS_CORS_ORIGINS", value)
    assert read_settings().cors_origins == origins


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"CORS_ORIGINS": '["https://app.example.com"', "MANIFESTS": "web.json"},
            f"TRELLIS_MANIFESTS: {NO_LIST}\nTRELLIS_CORS_ORIGINS: {NO_LIST}",
        ),
        (
            {"CORS_ORIGINS": '["*", "https://a.example.com:8443", "https://app.example.com/"]'},
            f"TRELLIS_CORS_ORIGINS[2]: {NO_ORIGIN}",
        ),
        ({"CORS_ORIGINS": "https://a.example.com,b.example.com"}, f"TRELLIS_CORS_ORIGINS[1]: {NO_ORIGIN}"),
        ({"CORS_ORIGINS": '["app.example.com"]'}, f"TRELLIS_CORS_ORIGINS[0]: {NO_ORIGIN}"),
        ({"CORS_ORIGINS": '["https://App.example.com"]'}, f"TRELLIS_CORS_ORIGINS[0]: {NO_ORIGIN}"),
        ({"CORS_ORIGINS": '{"a": 1}'}, "TRELLIS_CORS_ORIGINS: Input should be a valid list"),
        (
            {"TRUSTED_PROXIES": '["10.0.0.0/8", "10.0.0.300"]'},
            "TRELLIS_TRUSTED_PROXIES[1]: value is not a valid IPv4 or IPv6 network",
        ),
        (
            {"POOL_SIZE": "many"},
            "TRELLIS_POOL_SIZE: Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            {"MAX_IN_FLIGHT": "21", "POOL_SIZE": "2"},
            "TRELLIS_MAX_IN_FLIGHT must be 20 at most with TRELLIS_POOL_SIZE=2",
        ),
        (
            {"DOCUMENTS": "trusted"},
            "TRELLIS_DOCUMENTS=trusted runs only what a manifest lists: name one in TRELLIS_MANIFESTS",
        ),
    ],
)
def test_each_mistake_is_a_line(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"TRELLIS_{name}", value)
    with pytest.raises(UnusableSettings) as refusal:
        read_settings()
    assert str(refusal.value) == said


def test_a_secret_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_JWT_SECRET", "hidden")
    monkeypatch.setenv("TRELLIS_REDIS_URL", "redis//:hidden@host")
    with pytest.raises(UnusableSettings) as refusal:
        read_settings()
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize("name", ["TRELLIS_DATABASE_URL", "TRELLIS_DATABASE_OWNER_URL"])
@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://trellis:hidden@host/trellis", "postgresql:///trellis", "postgresql://["]
)
def test_a_url_that_names_no_database_and_role_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    monkeypatch.setenv(name, url)
    with pytest.raises(UnusableSettings) as refused:
        read_settings()

    assert str(refused.value) == f"{name}: must look like postgresql://role:password@host/database"


def test_a_variable_that_is_nearly_a_setting_is_misspelt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are somebody else's, such as those that Kubernetes makes for a service of the name `trellis`."""
    for name in (
        "TRELLIS_RATELIMIT",
        "TRELLIS_PORT",
        "TRELLIS_SERVICE_HOST",
        "TRELLIS_PORT_8000_TCP",
        "TRELLIS_PASSWORD",
    ):
        monkeypatch.setenv(name, "1")
    assert list(misspelt()) == ["TRELLIS_RATELIMIT is no setting: is TRELLIS_RATE_LIMIT meant?"]
