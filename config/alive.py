"""`python -m config.alive`: does the web part of this container answer? For its health check.

It asks for the sign-in page, as `config.serve` does: whether the other parts are well is for
monitors to ask (`/api/v1/health`), and no reason to start this one again.
"""

import os
import sys

from config.serve import Address, answers

if __name__ == "__main__":
    sys.exit(not answers(Address("127.0.0.1", int(os.environ.get("PORT", "8000")))))
