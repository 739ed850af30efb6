"""What an entry covers: addresses, domains and all below them, and the firm's own domain (M11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.sync.never_log import covers, entry, names_of

pytestmark = pytest.mark.rule("M11")
HANA = "hana@musubi.test"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("bank.example", "bank.example"),
        (" @Bank.Example ", "bank.example"),
        ("*@bank.example", "bank.example"),
        ("*.bank.example", "bank.example"),
        ("Lea@Bank.example", "lea@bank.example"),
        ("lea@Bücher.example", "lea@xn--bcher-kva.example"),
        ("example", None),
        ("", None),
        ("@", None),
        ("lea@", None),
        ("lea smith@bank.example", None),
        ("a@b@bank.example", None),
        ("-.example", None),
        ("x" * 300 + ".example", None),
    ],
)
def test_what_may_be_written(written: str, stored: str | None) -> None:
    assert entry(written) == stored


@pytest.mark.parametrize(
    ("entries", "people", "covered"),
    [
        ({"bank.example"}, {"Lea@Bank.example"}, True),
        ({"bank.example"}, {"lea@mail.bank.example"}, True),
        ({"bank.example"}, {"lea@notbank.example"}, False),
        ({"bank.example"}, {"lea@bank.example.evil.test"}, False),
        ({"lea@bank.example"}, {"tom@bank.example"}, False),
        ({"xn--bcher-kva.example"}, {"lea@bücher.example"}, True),
        ({"bank.example"}, {"aoki@x.test", "lea@bank.example"}, True),
        (set(), {"lea@bank.example"}, False),
        # the firm's own domain: mail among colleagues, not what a customer takes part in
        ({"musubi.test"}, {"ken@musubi.test"}, True),
        ({"musubi.test"}, {"ken@musubi.test", "aoki@x.test"}, False),
        ({"musubi.test"}, {"aoki@x.test"}, False),
        ({"musubi.test"}, set(), False),
        ({"ken@musubi.test"}, {"ken@musubi.test", "aoki@x.test"}, True),
    ],
)
def test_who_is_covered(entries: set[str], people: set[str], covered: bool) -> None:
    assert covers(entries, people | {HANA}, [HANA]) is covered


@given(st.text(max_size=60))
def test_whatever_is_written_means_itself_or_nothing(written: str) -> None:
    stored = entry(written)
    if stored is not None:
        assert entry(stored) == stored
        address = stored if "@" in stored else f"somebody@{stored}"
        assert stored in set(names_of(address))
        assert covers({stored}, {address}, [HANA])


@given(st.text(max_size=400))
def test_no_address_breaks_it(address: str) -> None:
    assert not covers({"bank.example"}, {address}, [HANA]) or "bank.example" in address.lower()
