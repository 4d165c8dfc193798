"""Processes of sipview's own that work beside this one: how they are started, and how the two talk.

In: a module that has a ``main``, and the word that stands for it. Out: a command line; frames read and written. A frame is the
length of what follows as eight octets, and that. Nothing heavy is imported here: a process is asked for before this one has
loaded what it needs itself.
"""

from sipview.processes.frames import read_frame, write_frame
from sipview.processes.starting import BEHIND, begin_work, command, creation_flags, processors

__all__ = ["BEHIND", "begin_work", "command", "creation_flags", "processors", "read_frame", "write_frame"]
