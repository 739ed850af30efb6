"""What every REST room shares: access, problem documents, how an engagement is shown."""
