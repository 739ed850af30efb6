"""The addresses of the pages about mail: nouns, with verbs by method."""

from django.urls import path

from inbox.views import (
    allowing,
    composer,
    connect,
    emails,
    images,
    mailboxes,
    never_log,
    preview,
    retention,
    threads,
    why,
)

app_name = "inbox"

urlpatterns = [
    path("mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("mailboxes/connect/", connect.connect, name="connect"),
    path("mailboxes/connect/preview/", preview.preview, name="preview"),
    path("mailboxes/<int:pk>/", mailboxes.mailbox, name="mailbox"),
    path("mailboxes/<int:pk>/look/", mailboxes.look, name="look"),
    path("mailboxes/<int:pk>/people/", mailboxes.people, name="people"),
    path("mailboxes/<int:pk>/folders/", allowing.folders, name="folders"),
    path("mailboxes/<int:pk>/scope/", allowing.scope, name="scope"),
    path("mailboxes/<int:pk>/logging/", allowing.log_mailbox, name="log-mailbox"),
    path("mailboxes/<int:pk>/password/", connect.password, name="password"),
    path("mailboxes/<int:pk>/why/", why.why, name="why"),
    path("mailboxes/<int:pk>/disconnection/", mailboxes.disconnection, name="disconnection"),
    path("logging/", allowing.logging, name="logging"),
    path("logging/secret/", allowing.secret, name="log-secret"),
    path("never-log/", never_log.never_log, name="never-log"),
    path("never-log/<int:pk>/removal/", never_log.removal, name="never-log-removal"),
    path("contacts/<int:pk>/emails/", composer.new, name="compose"),
    path("companies/<int:pk>/emails/", composer.company, name="compose-company"),
    path("deals/<int:pk>/emails/", composer.deal, name="compose-deal"),
    path("settings/retention/", retention.retention, name="retention"),
    path("holds/<int:pk>/release/", retention.hold, name="hold"),
    path("emails/<int:pk>/", emails.email, name="email"),
    path("emails/<int:pk>/body/", emails.body, name="email-body"),
    path("emails/<int:pk>/images/", images.always, name="images"),
    path("emails/<int:pk>/images/<str:signed>/", images.image, name="image"),
    path("emails/<int:pk>/reply/", composer.reply, name="reply"),
    path("emails/<int:pk>/cancellation/", composer.cancellation, name="cancellation"),
    path("emails/<int:pk>/draft/", composer.draft, name="draft"),
    path("emails/<int:pk>/retry/", emails.retry, name="retry"),
    path("emails/<int:pk>/resolution/", emails.resolution, name="resolution"),
    path("emails/<int:pk>/thread/", threads.thread, name="thread"),
    path("emails/<int:pk>/thread/split/", threads.split, name="thread-split"),
    path("emails/<int:pk>/thread/join/", threads.join, name="thread-join"),
    path("emails/<int:pk>/thread/together/", threads.together, name="thread-together"),
    path("emails/<int:pk>/trash/", emails.trash, name="email-trash"),
]
