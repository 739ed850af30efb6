"""A message's bytes as frozen data: the stable door of the pure room `mime`. M14, M18, M20, M47.

`parse` never raises and stays within two seconds on any input; past a cap it returns what it
understood and names the defect.
"""

from inbox.mime import bodies, fields, headers, invitations, quotes, reports, robots, tree
from inbox.mime.addresses import MOST_ADDRESSES
from inbox.mime.types import ParsedHeaders, ParsedMessage


def parse(raw: bytes) -> ParsedMessage:
    """What the message says.

    >>> parse(b"Subject: Hello\\r\\nFrom: hana@aoki.test\\r\\n\\r\\nGood morning").subject
    'Hello'
    """
    root, defects = tree.grow(fields.with_newlines(raw))
    said = headers.said_by(root.fields)
    body = bodies.read(root)
    reply_text, quoted_text = quotes.split(body.text)
    bounce = reports.bounce(root)
    kind = reports.kind(root, bounce)
    return ParsedMessage(
        subject=said.subject,
        sender=said.sender,
        to=said.to,
        cc=said.cc,
        bcc=said.bcc,
        reply_to=said.reply_to,
        date=said.date,
        message_id=said.message_id,
        in_reply_to=said.in_reply_to,
        references=said.references,
        musubi_message=said.musubi_message,
        forwarded_ids=said.forwarded_ids,
        text=body.text,
        html=body.html,
        reply_text=reply_text,
        quoted_text=quoted_text,
        attachments=body.attachments,
        kind=kind,
        from_robot=kind != "normal" or robots.sent(said),
        bounce=bounce,
        invitation=invitations.invitation(root),
        defects=(*defects, *body.defects, *_cut(said)),
    )


def _cut(said: ParsedHeaders) -> tuple[str, ...]:
    lists = (said.to, said.cc, said.bcc)
    return ("recipients_cut",) if any(len(found) >= MOST_ADDRESSES for found in lists) else ()
