"""The addresses of the CRM's pages: nouns, with verbs by method."""

from django.urls import path

from crm.views import (
    attachments,
    board,
    bulk,
    contacts,
    help,
    home,
    lists,
    notes,
    notices,
    palette,
    settings,
    setup,
    soon,
    timeline,
    todo,
    trash,
    undo,
)

app_name = "crm"

urlpatterns = [
    path("", home.home, name="home"),
    path("companies/", lists.companies, name="companies"),
    path("companies/new/", soon.soon, name="company-new"),
    path("companies/<int:pk>/", soon.one, name="company"),
    path("deals/", board.deals, name="deals"),
    path("deals/new/", soon.soon, name="deal-new"),
    path("deals/<int:pk>/", soon.one, name="deal"),
    path("deals/<int:pk>/stage/", board.move, name="deal-stage"),
    *[
        path(f"{nouns}/bulk/", bulk.bulk, {"nouns": nouns}, name=f"{nouns}-bulk")
        for nouns in ("contacts", "companies", "deals")
    ],
    path("tasks/", todo.tasks, name="tasks"),
    path("tasks/<int:pk>/done/", todo.task_done, name="task-done"),
    path("tasks/<int:pk>/due/", todo.task_due, name="task-due"),
    path("notifications/", notices.notices, name="notices"),
    path("notifications/read/", notices.read_all, name="notices-read"),
    path("notifications/<int:pk>/", notices.notice, name="notice"),
    path("trash/", trash.trash, name="trash"),
    path("trash/restored/", trash.restored, name="trash-restored"),
    path("trash/erased/", trash.erased, name="trash-erased"),
    path("settings/", settings.settings, name="settings"),
    path("help/", help.help_page, name="help"),
    path("palette/", palette.palette, name="palette"),
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
