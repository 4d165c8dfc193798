"""What a message means: a sentence for each part, with this message's values and the RFC section.

In: a parsed message, where it was seen, and the catalogue of sentences (text, from the resources). Out: a tree of
explanations with byte spans. Opens no file, knows no window.
"""

from sipview.explain.catalogue import Catalogue
from sipview.explain.message import Explanation, Setting, explain

__all__ = ["Catalogue", "Explanation", "Setting", "explain"]
