"""Whoever meets a mail server and the database is asked at the end, and cannot forget it."""

import pytest

from tests.lawful import is_asked

pytestmark = pytest.mark.live


@pytest.mark.django_db
def test_by_its_marks(request: pytest.FixtureRequest) -> None:
    assert request.config.pluginmanager.hasplugin("tests.lawful")
    assert is_asked(request.node)


def test_by_what_it_asks_for(db: None, request: pytest.FixtureRequest) -> None:
    assert is_asked(request.node)


def test_not_without_a_database(request: pytest.FixtureRequest) -> None:
    assert not is_asked(request.node)


@pytest.mark.django_db
@pytest.mark.lawless("to see that it is not asked")
def test_not_where_it_says_why(request: pytest.FixtureRequest) -> None:
    assert not is_asked(request.node)
