"""The nouns that only mail needs."""

from inbox.models.absences import Absence
from inbox.models.canaries import Canary
from inbox.models.dossiers import ErasedAddress, Erasure, ExportRun
from inbox.models.drafts import Draft, DraftFile
from inbox.models.identities import Identity
from inbox.models.log_secrets import LogSecret
from inbox.models.mailboxes import Credential, Folder, Mailbox
from inbox.models.messages import AwaitedId, MailboxCopy, MessageId
from inbox.models.never_log import NeverLog
from inbox.models.opt_outs import OptOut
from inbox.models.outbox import Outgoing, Redelivery
from inbox.models.quarantine import Quarantined
from inbox.models.readings import HeadersRead, Reading
from inbox.models.sending_hours import SendingHours
from inbox.models.sequences import Enrolment, Pace, Sequence, Step, StepRun
from inbox.models.templates import Snippet, Template, TemplateFile, TemplateFolder, TemplateUse
from inbox.models.transport import HeaderBlock, RawCopy, TransportRecord

__all__ = [
    "Absence",
    "AwaitedId",
    "Canary",
    "Credential",
    "Enrolment",
    "ErasedAddress",
    "Erasure",
    "ExportRun",
    "Draft",
    "DraftFile",
    "Folder",
    "HeaderBlock",
    "HeadersRead",
    "Identity",
    "LogSecret",
    "Mailbox",
    "MailboxCopy",
    "MessageId",
    "NeverLog",
    "OptOut",
    "Outgoing",
    "Pace",
    "Quarantined",
    "RawCopy",
    "Reading",
    "SendingHours",
    "Sequence",
    "Step",
    "StepRun",
    "Snippet",
    "Template",
    "TemplateFile",
    "TemplateFolder",
    "TemplateUse",
    "Redelivery",
    "TransportRecord",
]
