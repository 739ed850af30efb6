"""The steps of connecting in words: who knew the servers, how the test went (M3)."""

from django import template
from django.utils.translation import gettext as _

from inbox.connect.probe import Step

register = template.Library()


@register.filter
def step_words(step: Step) -> str:
    """What a row of the check list says: done, failed, or still to do."""
    passed, failed, untried = {
        "resolve": (
            _("Found the servers"),
            _("A server was not found, or is not allowed"),
            _("Find the servers"),
        ),
        "connect": (
            _("Reached the incoming server"),
            _("The incoming server was not reached"),
            _("Reach the incoming server"),
        ),
        "tls": (
            _("Encrypted, the certificate is valid"),
            _("No safe encryption with the incoming server"),
            _("Encrypt the connection"),
        ),
        "login": (_("Signed in"), _("Signing in failed"), _("Sign in")),
        "folders": (_("Listed the folders"), _("The folders were not listed"), _("List folders")),
        "inbox": (_("Opened the inbox"), _("The inbox did not open"), _("Open the inbox")),
        "smtp_connect": (
            _("Reached the outgoing server"),
            _("The outgoing server was not reached"),
            _("Reach the outgoing server"),
        ),
        "smtp_tls": (
            _("Encrypted with the outgoing server"),
            _("No safe encryption with the outgoing server"),
            _("Encrypt with the outgoing server"),
        ),
        "smtp_login": (
            _("Signed in for sending"),
            _("Reading works, signing in for sending failed"),
            _("Sign in for sending"),
        ),
    }[step.name]
    if step.ok is None:
        return untried
    return passed if step.ok else failed


@register.simple_tag
def found_at(source: str, where: str) -> str:
    """Who said which mail servers an address has."""
    sentences = {
        "autoconfig": _("The domain says so itself, at {where}."),
        "well_known": _("The domain says so itself, at {where}."),
        "srv": _("The DNS records of {where} say so."),
        "mx": _("The mail of this domain goes to {where}, so its provider is known."),
        "directory": _("The directory of Thunderbird says so, at {where}."),
    }
    return sentences[source].format(where=where)
