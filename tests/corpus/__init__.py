"""A corpus of mail with facts asserted of it, run through the parser: script/corpus DIR."""
