"""`trellis token`: a token and nothing else, or the reason why not."""

from pathlib import Path

import jwt
import pytest

from tests.processes import Running, dev, trellis

SECRET = "a secret of thirty-two bytes or more"
VIEWER = {"query": "{ viewer { user { id email } } }"}


def test_token_prints_a_token_that_dev_accepts_and_nothing_else(data_directory: Path) -> None:
    with dev(data_directory) as server:
        printed = trellis(data_directory, "token", "ada@example.com", "--data", "data", "--ttl", "90s")

        assert (printed.returncode, printed.stderr) == (0, "")
        token = printed.stdout.removesuffix("\n")
        ada = Running(server.process, server.address, token)
        assert ada.ask(VIEWER)["data"]["viewer"]["user"]["email"] == "ada@example.com"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("ada@example.com", 90)


@pytest.mark.parametrize(("ttl", "seconds"), [("45", 45), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000)])
def test_token_lasts_as_long_as_asked(tmp_path: Path, ttl: str, seconds: int) -> None:
    printed = trellis(tmp_path, "token", "ada@example.com", "--ttl", ttl, TRELLIS_JWT_SECRET=SECRET)

    claims = jwt.decode(printed.stdout.strip(), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == seconds


@pytest.mark.parametrize("arguments", [["ada@example.com", "--ttl", "0"], ["ada@example.com", "--ttl", "1y"], ["ada"]])
def test_token_refuses_what_is_no_duration_or_no_address(tmp_path: Path, arguments: list[str]) -> None:
    refused = trellis(tmp_path, "token", *arguments, TRELLIS_JWT_SECRET=SECRET)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "is no duration" in refused.stderr or "is no e-mail address" in refused.stderr


def test_token_without_a_secret_says_where_one_comes_from(tmp_path: Path) -> None:
    refused = trellis(tmp_path, "token", "ada@example.com")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "There is no secret in .trellis: run `trellis dev` first, name its directory with --data, "
        "or set TRELLIS_JWT_SECRET\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_token_with_a_secret_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    refused = trellis(tmp_path, "token", "ada@example.com", "--data", str(tmp_path))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"{tmp_path / 'secret'} cannot be read (Is a directory): be the user who ran `trellis dev`, or set "
        "TRELLIS_JWT_SECRET\n"
    )
