"""Database URLs as they are shown: no part of a password is left, however it is spelled."""

import pytest

from kconv._settings import without_secrets
from kconv._store.database import parse_url


@pytest.mark.parametrize(
    "password", ["hush", "a/b", "a?b", "a#b=", "a:b", "p%40ss", "a&b", "/", "x ", "?#/"]
)
def test_passwords_that_sqlalchemy_takes(password: str) -> None:
    url = f"postgresql://me:{password}@host:5432/shop?sslmode=require"
    assert parse_url(url).password, "it is one"
    assert without_secrets(url) == "postgresql://me:***@host:5432/shop?sslmode=require"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///kconv.db", "sqlite:///kconv.db"),
        ("sqlite:///a:b@c.db", "sqlite:///a:b@c.db"),
        ("postgresql://me@host:5432/shop", "postgresql://me@host:5432/shop"),
        ("postgresql://:hush@host/shop", "postgresql://:***@host/shop"),
        ("postgresql://me:p@ss@host/shop", "postgresql://me:***@host/shop"),
        ("postgresql:///shop?password=a%26b&user=me", "postgresql:///shop?password=***&user=me"),
        (
            "postgresql:///shop?user=me&SSLPassword=hush",
            "postgresql:///shop?user=me&SSLPassword=***",
        ),
        ("no url", "no url"),
        ("files:my folder", "files:my folder"),
    ],
)
def test_the_rest_stays(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
