"""The addresses of the CRM's pages: nouns, with verbs by method."""

from django.urls import path

from crm.views import (
    attachments,
    board,
    bulk,
    companies,
    contacts,
    deals,
    help,
    home,
    lists,
    notes,
    notices,
    palette,
    properties,
    pulse,
    record_tasks,
    records,
    settings,
    setup,
    sign_in,
    strangers,
    timeline,
    todo,
    trash,
    undo,
)

app_name = "crm"

urlpatterns = [
    path("", home.home, name="home"),
    path("companies/", lists.companies, name="companies"),
    path("deals/", board.deals, name="deals"),
    path("deals/<int:pk>/stage/", board.move, name="deal-stage"),
    *[
        path(f"{nouns}/bulk/", bulk.bulk, {"nouns": nouns}, name=f"{nouns}-bulk")
        for nouns in ("contacts", "companies", "deals")
    ],
    path("emails/<int:pk>/settled/", home.settled, name="email-settled"),
    path("tasks/", todo.tasks, name="tasks"),
    path("tasks/<int:pk>/done/", todo.task_done, name="task-done"),
    path("tasks/<int:pk>/due/", todo.task_due, name="task-due"),
    path("notifications/", notices.notices, name="notices"),
    path("notifications/read/", notices.read_all, name="notices-read"),
    path("notifications/<int:pk>/", notices.notice, name="notice"),
    path("trash/", trash.trash, name="trash"),
    path("trash/restored/", trash.restored, name="trash-restored"),
    path("settings/", settings.settings, name="settings"),
    path("settings/sign-in/", sign_in.sign_in, name="sign-in"),
    path("settings/sign-in/sessions/", sign_in.sessions, name="sessions"),
    path("help/", help.help_page, name="help"),
    path("palette/", palette.palette, name="palette"),
    path("pulse/", pulse.pulse, name="pulse"),
    path("undo/<str:token>/", undo.undo, name="undo"),
    path("setup/<str:token>/", setup.first_account, name="setup"),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/strangers/", strangers.strangers, name="strangers"),
    path("contacts/new/", contacts.new, name="contact-new"),
    path("contacts/choices/", contacts.choices, name="contact-choices"),
    path("contacts/<int:pk>/", records.contact, name="contact"),
    path("contacts/<int:pk>/details/", contacts.details, name="contact-details"),
    path("companies/new/", companies.new, name="company-new"),
    path("companies/names/", companies.names, name="company-names"),
    path("companies/<int:pk>/", records.company, name="company"),
    path("companies/<int:pk>/details/", companies.details, name="company-details"),
    path("deals/new/", deals.new, name="deal-new"),
    path("deals/<int:pk>/", records.deal, name="deal"),
    path("deals/<int:pk>/details/", deals.details, name="deal-details"),
    path("deals/<int:pk>/contacts/", deals.contacts, name="deal-contacts"),
    *[
        path(f"{nouns}/<int:pk>/{route}", view, {"noun": noun}, name=f"{noun}-{name}")
        for noun, nouns in (("contact", "contacts"), ("company", "companies"), ("deal", "deals"))
        for route, view, name in (
            ("fields/<str:name>/", properties.field, "field"),
            ("news/", timeline.news, "news"),
            ("notes/", notes.notes, "notes"),
            ("tasks/", record_tasks.tasks, "tasks"),
            ("trash/", records.trash, "trash"),
        )
    ],
    path("notes/<int:pk>/", notes.note, name="note"),
    path("notes/<int:pk>/trash/", notes.trash, name="note-trash"),
    path("tasks/<int:pk>/state/", record_tasks.state, name="task-state"),
    path("tasks/<int:pk>/trash/", record_tasks.trash, name="task-trash"),
    path("attachments/<int:pk>/", attachments.attachment, name="attachment"),
    path("attachments/<int:pk>/inline/", attachments.inline, name="attachment-inline"),
]
