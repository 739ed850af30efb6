"""Which subject is new: marks, labels and silence are not."""

import pytest

from crm.lib.subjects import base, is_new


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("Re: Offer", "offer"),
        ("RE: AW: Fwd: WG:  Offer", "offer"),
        ("Re[2]: Offer", "offer"),
        ("返信：転送: 見積書の件", "見積書の件"),
        ("Request for Re: dress", "request for re: dress"),
        ("", ""),
        ("Re:", ""),
    ],
)
def test_the_marks_of_answers_do_not_count(subject: str, said: str) -> None:
    assert base(subject) == said


@pytest.mark.parametrize(
    ("subject", "before", "new"),
    [
        ("Re: Offer", ["Offer"], False),
        ("Fwd: offer", ["Re: Offer"], False),
        ("[External] Re: Offer", ["Offer"], False),
        ("Invoice", ["Offer"], True),
        ("Invoice (was: Offer)", ["Offer"], True),
        ("Invoice", ["Offer", "Invoice"], False),
        ("", ["Offer"], False),
        ("Re:", ["Offer"], False),
        ("Offer", [""], True),
    ],
)
def test_a_new_subject_names_none_before(subject: str, before: list[str], new: bool) -> None:
    assert is_new(subject, before) is new
