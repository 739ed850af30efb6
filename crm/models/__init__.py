"""The nouns of the CRM."""

from crm.models.activities import Activity, ActivityDetail, Association
from crm.models.attachments import Attachment
from crm.models.companies import Company
from crm.models.contacts import AddressTaken, Contact, EmailAddress
from crm.models.deals import Deal, Pipeline, Stage
from crm.models.emails import Email, Participant, Reader
from crm.models.heartbeats import Heartbeat
from crm.models.kinds import Note, Task
from crm.models.notices import Notice
from crm.models.retention import DoomedFile, Hold, PurgeReceipt
from crm.models.threads import LastRead, Thread
from crm.models.tokens import ApiToken
from crm.models.undo import UndoEntry
from crm.models.users import Role, Team, User
from crm.models.visibility import Audience, Record, visible_records

__all__ = [
    "Activity",
    "ActivityDetail",
    "AddressTaken",
    "ApiToken",
    "Association",
    "Attachment",
    "Audience",
    "Company",
    "Contact",
    "Deal",
    "DoomedFile",
    "Email",
    "EmailAddress",
    "Heartbeat",
    "Hold",
    "LastRead",
    "Note",
    "Notice",
    "Participant",
    "Pipeline",
    "PurgeReceipt",
    "Reader",
    "Record",
    "Role",
    "Stage",
    "Task",
    "Team",
    "Thread",
    "UndoEntry",
    "User",
    "visible_records",
]
