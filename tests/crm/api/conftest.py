"""What the tests of the CRM's REST calls share."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.models import ApiToken, User

Api = Callable[..., Any]


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
