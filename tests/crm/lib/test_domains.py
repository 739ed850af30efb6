"""The domain of a company, as people write it."""

import pytest

from crm.lib.domains import domain_of


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("", ""),
        (" Aoki.example ", "aoki.example"),
        ("https://www.aoki.example/shop?a=1", "aoki.example"),
        ("yuki@aoki.example", "aoki.example"),
        ("青木.example", "青木.example"),
    ],
)
def test_it_is_taken_out_of_an_address(typed: str, domain: str) -> None:
    assert domain_of(typed) == domain


@pytest.mark.parametrize("typed", ["aoki", "no domain", "aoki..example", "-a.example", "a.b\0c"])
def test_what_is_none_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="Give a domain"):
        domain_of(typed)
