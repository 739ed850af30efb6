"""EncryptedTextField: text that is ciphertext in the database, with keys that rotate (M39).

A thin subclass of django-fernet-fields-v2, which mends what was measured there: `bulk_update`
would store an encrypted SQL expression, `dumpdata` would print the plain text, and a wrong key
would say no more than InvalidToken. See docs/decisions/.
"""

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.models.expressions import BaseExpression
from fernet_fields import EncryptedTextField as PackagedField


def box() -> Fernet | MultiFernet:
    """What encrypts and decrypts by FERNET_KEYS, for a secret that is no column of ours."""
    made: Fernet | MultiFernet = EncryptedTextField().fernet
    return made


class EncryptedTextField(PackagedField):  # type: ignore[misc]  # the package has no types
    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, BaseExpression):
            raise FieldError(
                f"{self.model.__name__}.{self.name} is encrypted: save() each row, an SQL "
                "expression (bulk_update, F()) cannot be encrypted."
            )
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: Any, *args: Any) -> Any:
        try:
            return super().from_db_value(value, expression, connection, *args)
        except InvalidToken:
            raise ImproperlyConfigured(
                f"{self.model.__name__}.{self.name} cannot be decrypted with the FERNET_KEYS given:"
                " the key it was written with is missing."
            ) from None

    def value_to_string(self, obj: models.Model) -> str:
        """What dumpdata writes: ciphertext."""
        value = self.value_from_object(obj)
        return "" if value is None else self.fernet.encrypt(value.encode()).decode()

    def to_python(self, value: Any) -> Any:
        """What loaddata reads: ciphertext of ours becomes the text again."""
        if isinstance(value, str) and value.startswith("gAAAA"):
            try:
                return self.fernet.decrypt(value.encode()).decode()
            except InvalidToken:
                return value
        return value
