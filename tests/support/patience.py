"""How long a test waits for what must come, before it says that it waited in vain.

It says nothing of how fast sipview is: a busy machine may take many times what an idle one takes, and fails no test by that.
Shorter than the limit of a whole test (``timeout`` in ``pyproject.toml``), which cannot say what was waited for.
"""

PATIENCE_S = 60.0
PATIENCE_MS = 60_000
