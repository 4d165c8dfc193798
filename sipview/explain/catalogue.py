"""The catalogue: sentences as data, each with its RFC section."""


class Catalogue:
    """Sentences by name. Raises `ValueError` at once if the text is no valid catalogue."""

    def __init__(self, toml_text: str) -> None:
        raise NotImplementedError
