"""People at work, for script/storm: one process of many threads, each a person in a browser.

    python -m tests.live.storm_people CAST.json SAID.jsonl

A line of SAID is one thing that a person did, with every answer that they got. What was refused
with 503, or lost with its connection, is tried again as a person would: a letter with the key that
makes it one letter; a note never, since nobody could tell it from a second one.
"""

import http.client
import json
import random
import sys
import threading
import time
import urllib.parse
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

CSRF = "s" * 32  # what the cookie says and the form says as well
PATIENCE = 20  # times that a letter is tried
TAKEN = {"page": 303, "api": 202, "note": 303}


@dataclass
class Deed:
    """Something a person did. `statuses`: of each try, 0 where no answer came."""

    kind: str  # page, api: a letter by either; note; read
    token: str = ""
    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    path: str = ""

    @property
    def taken(self) -> bool:
        return TAKEN.get(self.kind) in self.statuses


class Person(threading.Thread):
    def __init__(self, cast: dict[str, Any], pause: float, until: float, say: Any) -> None:
        super().__init__(daemon=True)
        self.cast, self.pause, self.until, self.say = cast, pause, until, say
        self.chance = random.Random(cast["session"])

    def run(self) -> None:
        time.sleep(self.chance.uniform(0, self.pause))
        while time.time() < self.until:
            doing = self.chance.choices(
                (self.read, self.write_page, self.write_api, self.note), (70, 8, 7, 15)
            )
            self.say(doing[0]())
            time.sleep(self.chance.expovariate(1 / self.pause))

    # --- what they do ----------------------------------------------------------------------

    def read(self) -> Deed:
        contact = self.chance.choice(self.cast["contacts"])
        pages = ["/", "/contacts/", "/inbox/", "/companies/", f"/contacts/{contact['id']}/"]
        return self.ask(Deed("read", path=self.chance.choice([*pages, pages[-1]])), "GET")

    def note(self) -> Deed:
        contact, token = self.chance.choice(self.cast["contacts"]), f"note-{uuid.uuid4().hex}"
        deed = Deed("note", token, path=f"/contacts/{contact['id']}/notes/")
        return self.ask(deed, "POST", {"text": f"They called. {token}"})

    def write_page(self) -> Deed:
        contact, token = self.chance.choice(self.cast["contacts"]), f"letter-{uuid.uuid4().hex}"
        form = {"mailbox": self.cast["mailbox"], "key": token, "to": contact["email"]}
        words = {"subject": f"Offer {token}", "text": f"Dear customer,\r\nthis is {token}."}
        deed = Deed("page", token, path=f"/contacts/{contact['id']}/emails/")
        return self.persist(deed, {**form, **words})

    def write_api(self) -> Deed:
        contact, token = self.chance.choice(self.cast["contacts"]), f"letter-{uuid.uuid4().hex}"
        body = {"mailbox_id": str(self.cast["mailbox"]), "to": [contact["email"]]}
        words = {"subject": f"Offer {token}", "text": f"Dear customer, this is {token}."}
        return self.persist(Deed("api", token, path="/api/v1/emails"), {**body, **words})

    def persist(self, deed: Deed, form: dict[str, Any]) -> Deed:
        for _ in range(PATIENCE):
            self.ask(deed, "POST", form)
            if deed.taken or deed.statuses[-1] not in (0, 503):
                break
            time.sleep(1)
        return deed

    # --- the wire --------------------------------------------------------------------------

    def ask(self, deed: Deed, method: str, form: dict[str, Any] | None = None) -> Deed:
        headers, body = self.headers(deed, form)
        began = time.monotonic()
        line = http.client.HTTPConnection(
            *self.cast["door"], timeout=60
        )  # as proxies do: a new one
        try:
            line.request(method, deed.path, body, headers)
            answer = line.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            status = 0
        finally:
            line.close()
        deed.statuses.append(status)
        deed.seconds.append(round(time.monotonic() - began, 4))
        return deed

    def headers(self, deed: Deed, form: dict[str, Any] | None) -> tuple[dict[str, str], str | None]:
        if deed.kind == "api":
            token = {"Authorization": f"Bearer {self.cast['token']}", "Idempotency-Key": deed.token}
            return {**token, "Content-Type": "application/json"}, json.dumps(form)
        cookie = {"Cookie": f"sessionid={self.cast['session']}; csrftoken={CSRF}"}
        if form is None:
            return cookie, None
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return {**cookie, **kind}, urllib.parse.urlencode({**form, "csrfmiddlewaretoken": CSRF})


def main(cast: Path, said: Path) -> None:
    told, lock = json.loads(cast.read_text()), threading.Lock()
    with said.open("w") as file:

        def say(deed: Deed) -> None:
            with lock:
                file.write(json.dumps(asdict(deed)) + "\n")

        people = [Person(each, told["pause"], told["until"], say) for each in told["people"]]
        for person in people:
            person.start()
        for person in people:
            person.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
