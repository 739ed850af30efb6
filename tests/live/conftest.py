"""Seven processes side by side are a long run: script/test-long, or SEVERAL=6."""

import os

collect_ignore = [] if os.environ.get("SEVERAL") else ["test_several_machines.py"]
