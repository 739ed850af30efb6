"""Which thread a message belongs to: that of the e-mail it answers (M27). Never by subject (M7)."""

from crm.models import Email, Thread


def place(answers: Email | None, subject: str) -> Thread:
    """The thread of the e-mail that is answered; a new one where none is."""
    return answers.thread if answers else Thread.objects.create(subject=subject[:998])
