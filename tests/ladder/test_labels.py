"""What is left of a label where its arrow is too short for it."""

import pytest

from sipview.ladder import Anchor, Role, TextStyle
from sipview.ladder.labels import Label, Labels
from tests.support.ladders import SevenWide

CODECS = "PCMU speex iLBC GSM"
ADDRESS = "10.160.0.11:4416"


def shown(detail: str, characters: int) -> str:
    """The detail of a label whose title takes ten characters, where there is room for so many more."""
    label = Label("INVITE 202", detail, "", TextStyle.LABEL_STRONG, Role.SERIES_1, Role.SERIES_1)
    texts = Labels(SevenWide()).set(label, 0, 7 * (10 + characters) + 8, 20, Anchor.MIDDLE)
    return texts[1].text if len(texts) > 1 else ""


@pytest.mark.parametrize(
    ("characters", "left"),
    [
        (36, f"{CODECS} {ADDRESS}"),
        (35, f"PCMU speex iLBC… {ADDRESS}"),
        (33, f"PCMU speex iLBC… {ADDRESS}"),
        (32, f"PCMU speex… {ADDRESS}"),
        (22, f"PCMU… {ADDRESS}"),
        (21, f"… {ADDRESS}"),
        (18, f"… {ADDRESS}"),
        (15, "PCMU speex…"),
        (10, "PCMU…"),
        (4, ""),
    ],
)
def test_codecs_give_way_word_by_word_and_the_address_stays(characters: int, left: str) -> None:
    assert shown(f"{CODECS} {ADDRESS}", characters) == left


def test_of_one_long_word_its_beginning_stays() -> None:
    assert shown(f"{'x' * 40} {ADDRESS}", 26) == f"{'x' * 8}… {ADDRESS}"
