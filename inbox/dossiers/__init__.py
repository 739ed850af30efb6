"""A person as a whole: what is stored on them as an archive, and how they are erased (M36, M59)."""
