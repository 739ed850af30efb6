"""The addresses of the CRM's pages: nouns, with verbs by method."""

from django.urls import path
from django.views.generic import RedirectView

from crm.views import attachments, contacts, notes, setup, soon, timeline, undo

app_name = "crm"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="crm:contacts"), name="home"),
    path("companies/", soon.soon, name="companies"),
    path("deals/", soon.soon, name="deals"),
    path("tasks/", soon.soon, name="tasks"),
    path("notifications/", soon.soon, name="notices"),
    path("trash/", soon.soon, name="trash"),
    path("settings/", soon.soon, name="settings"),
    path("help/", soon.soon, name="help"),
    path("palette/", soon.soon, name="palette"),
    path("undo/<str:token>/", undo.undo, name="undo"),
    path("setup/<str:token>/", setup.first_account, name="setup"),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/new/", contacts.new, name="contact-new"),
    path("contacts/<int:pk>/", contacts.contact, name="contact"),
    path("contacts/<int:pk>/details/", contacts.details, name="contact-details"),
    path("contacts/<int:pk>/trash/", contacts.trash, name="contact-trash"),
    path("contacts/<int:pk>/notes/", notes.notes, name="notes"),
    path("contacts/<int:pk>/news/", timeline.news, name="news"),
    path("attachments/<int:pk>/", attachments.attachment, name="attachment"),
    path("attachments/<int:pk>/inline/", attachments.inline, name="attachment-inline"),
]
