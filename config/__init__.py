"""The project: settings, addresses, and the processes that make it up."""

import gc

# Python looks for garbage in cycles after every 700 objects; while a process loads, or a migration
# renders its models, all of what it looks through is in use. A sixth of each start goes to that.
gc.set_threshold(50_000, 10, 10)
