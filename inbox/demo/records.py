"""The demo's companies, contacts and deals, written many at a time."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from crm.accounts import start_pipeline
from crm.models import Association, Company, Contact, Deal, EmailAddress, Pipeline, Stage, User
from inbox.demo import names
from inbox.demo.cast import JAPANESE

AT_ONCE = 2_000  # rows of one INSERT


@dataclass(frozen=True)
class Person:
    """A contact with what the stories need of it."""

    contact: Contact
    address: str
    japanese: bool
    deals: list[Deal] = field(default_factory=list)

    @property
    def owner(self) -> User:
        assert self.contact.owner  # each has one
        return self.contact.owner


def write(count: int, rng: random.Random, people: Sequence[User], now: datetime) -> list[Person]:
    """So many contacts, in companies of about four, and a deal for every second one or so."""
    companies = _companies(max(2, count // 4), rng, people)
    persons = [
        Person(*pair, japanese=pair[0].reading != "") for pair in _contacts(count, rng, companies)
    ]
    Contact.objects.bulk_create([person.contact for person in persons], AT_ONCE)
    EmailAddress.objects.bulk_create(
        [EmailAddress(contact=person.contact, address=person.address) for person in persons],
        AT_ONCE,
    )
    _deals(persons, rng, now)
    _made_earlier(Company, rng, 120)
    _made_earlier(Contact, rng, 120)
    return persons


def _companies(count: int, rng: random.Random, people: Sequence[User]) -> list[Company]:
    """Half of them English, half Japanese, taking turns; each with one owner."""
    rows = []
    for (name, domain), owner in zip(_company_names(), itertools.cycle(people), strict=False):
        rows.append(Company(name=name, domain=domain, owner=owner))
        if len(rows) == count:
            break
    Company.objects.bulk_create(rows, AT_ONCE)
    return rows


def _company_names() -> Iterator[tuple[str, str]]:
    for english, japanese in zip(names.COMPANIES_EN, names.COMPANIES_JA, strict=True):
        yield english[0], f"{english[1]}.example"
        yield japanese[0], f"{japanese[1]}{JAPANESE}"
    for number in itertools.count():
        extra = str(number // 100 + 1) if number >= 100 else ""
        place, trade = names.PLACES_EN[number % 14], names.TRADES_EN[number * 5 % 12]
        yield (
            " ".join(filter(None, (place, trade, extra))),
            f"{place}-{trade}{extra}.example".lower().replace(" ", "-"),
        )
        place_ja, trade_ja = names.PLACES_JA[number % 12], names.TRADES_JA[number * 7 % 10]
        yield place_ja[0] + trade_ja[0] + extra, f"{place_ja[1]}-{trade_ja[1]}{extra}{JAPANESE}"


def _contacts(
    count: int, rng: random.Random, companies: Sequence[Company]
) -> Iterator[tuple[Contact, str]]:
    taken: set[str] = set()
    told = {_english: 0, _japanese: 0}
    for number in range(count):
        company = companies[number % len(companies)]
        somebody = _japanese if company.domain.endswith(JAPANESE) else _english
        values, local = somebody(told[somebody], rng)
        told[somebody] += 1
        address = f"{local}@{company.domain}"
        while address in taken:
            address = f"{local}{len(taken)}@{company.domain}"
        taken.add(address)
        yield Contact(company=company, owner=company.owner, **values), address


def _english(number: int, rng: random.Random) -> tuple[dict[str, Any], str]:
    first, last = names.FIRST_EN[number % 30], names.LAST_EN[number % 30]
    if number >= 30:
        first, last = rng.choice(names.FIRST_EN), rng.choice(names.LAST_EN)
    phone = f"+49 221 555{rng.randrange(1000, 9999)}"
    values = {"first_name": first, "last_name": last, "phone": phone}
    values["job_title"] = rng.choice(names.JOBS_EN)
    return values, f"{first}.{last}".lower().replace("'", "")


def _japanese(number: int, rng: random.Random) -> tuple[dict[str, Any], str]:
    first, last = names.FIRST_JA[number % 18], names.LAST_JA[number % 18]
    if number >= 18:
        first, last = rng.choice(names.FIRST_JA), rng.choice(names.LAST_JA)
    phone = f"03-5555-{rng.randrange(1000, 9999)}"
    values = {"first_name": first[0], "last_name": last[0], "phone": phone}
    values |= {"reading": f"{last[1]} {first[1]}", "job_title": rng.choice(names.JOBS_JA)}
    return values, f"{first[2]}.{last[2]}"


def _deals(persons: Sequence[Person], rng: random.Random, now: datetime) -> None:
    """In every stage; of the open ones some are late, and some have been quiet for long."""
    pipeline = Pipeline.objects.first() or start_pipeline()
    stages = list(pipeline.stages.all())
    rows: list[Deal] = []
    for number, person in enumerate(persons):
        if number % 2 == 0 or rng.random() < 0.2:
            stage = stages[len(rows) % len(stages)] if len(rows) < 10 else rng.choice(stages)
            deal = _deal(person, stage, rng, now)
            person.deals.append(deal)
            rows.append(deal)
    Deal.objects.bulk_create(rows, AT_ONCE)
    links = [
        Deal.contacts.through(deal_id=deal.pk, contact_id=person.contact.pk)
        for person in persons
        for deal in person.deals
    ]
    Deal.contacts.through.objects.bulk_create(links, AT_ONCE)
    _made_earlier(Deal, rng, 60)


def _deal(person: Person, stage: Stage, rng: random.Random, now: datetime) -> Deal:
    seats = rng.choice((3, 5, 8, 12, 20, 35))
    text = names.DEALS_JA if person.japanese else names.DEALS_EN
    lost = names.LOST_JA if person.japanese else names.LOST_EN
    closed = stage.outcome != Stage.Outcome.OPEN
    days = -rng.randrange(1, 90) if closed else rng.randrange(-18, 90)
    price = seats * rng.choice((90, 120, 240))
    return Deal(
        name=rng.choice(text).format(n=seats),
        amount=Decimal(price * 150 if person.japanese else price),
        currency="JPY" if person.japanese else _currency(person.contact.company),
        stage=stage,
        stage_since=now - timedelta(days=rng.choice((1, 3, 6, 12, 25, 48))),
        lost_reason=rng.choice(lost) if stage.outcome == Stage.Outcome.LOST else "",
        close_date=(now + timedelta(days=days)).date(),
        company=person.contact.company,
        owner=person.owner,
    )


def _currency(company: Company | None) -> str:
    """A company pays in one."""
    return ("EUR", "EUR", "GBP", "USD")[len(company.name) % 4] if company else "EUR"


def _made_earlier(model: Any, rng: random.Random, most_days: int) -> None:
    """Spread their making over the past: it is set by itself to now."""
    ids = list(model.objects.order_by("pk").values_list("pk", "created_at"))
    for part in range(24):
        ago = timedelta(days=rng.randrange(1, most_days), minutes=rng.randrange(1440))
        chosen = [pk for pk, _made in ids[part::24]]
        if chosen:
            made = ids[0][1] - ago
            for start in range(0, len(chosen), AT_ONCE):
                rows = model.objects.filter(pk__in=chosen[start : start + AT_ONCE])
                rows.update(created_at=made)


def settle_news() -> None:
    """When something happened with each record last, now that its timeline is written."""
    for model, name in ((Contact, "contact"), (Company, "company"), (Deal, "deal")):
        places = Association.objects.filter(**{name: OuterRef("pk")})
        newest = places.order_by("-at", "-activity_id").values("at")[:1]
        rows: Any = model
        rows.objects.update(news_at=Coalesce(Subquery(newest), "created_at"))
