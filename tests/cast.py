"""The people of the tests: hana owns, ken is on her team, rin on another one, mio is admin.

Aoki and Weber are their customers, both hana's. A test that needs a mail server's user takes an
address of its own from `mail_user`.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.models import ApiToken, Contact, Role, Team, User
from inbox.models import Mailbox
from tests.factories import connect_mailbox, make_company, make_contact, make_team, make_user
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

Api = Callable[..., Any]  # of REST: the fixture `api`


@pytest.fixture
def team(db: None) -> Team:
    """The team of hana and ken."""
    return make_team("Sales")


@pytest.fixture
def hana(team: Team) -> User:
    return make_user("Hana", team=team)


@pytest.fixture
def ken(team: Team) -> User:
    return make_user("Ken", team=team)


@pytest.fixture
def rin(db: None) -> User:
    return make_user("Rin", team=make_team("Support"))


@pytest.fixture
def mio(db: None) -> User:
    return make_user("Mio", role=Role.ADMIN)


@pytest.fixture
def aoki(hana: User) -> Contact:
    company = make_company("Aoki Shoten", domain="aoki.example", owner=hana)
    names = {"first_name": "Yuki", "last_name": "Aoki"}
    return make_contact("yuki@aoki.example", owner=hana, company=company, **names)


@pytest.fixture
def weber(hana: User) -> Contact:
    return make_contact("anna@weber.example", owner=hana, first_name="Anna", last_name="Weber")


@pytest.fixture
def mailbox(hana: User, trusted: Dovecot, mail_user: Callable[..., str], relay: Relay) -> Mailbox:
    """Hana's, really connected; what is sent from it goes by the relay."""
    return connect_mailbox(hana, trusted, mail_user("hana"))


@pytest.fixture
def api(client: Client, hana: User) -> Api:
    """`api("get", "/contacts")` as hana; `token=` as somebody else."""
    own = ApiToken.issue(hana)

    def call(method: str, path: str, body: Any = None, token: str = own, **headers: str) -> Any:
        headers["Authorization"] = f"Bearer {token}"
        return getattr(client, method)(
            f"/api/v1{path}", data=body, content_type="application/json", headers=headers
        )

    return call
