"""Files appear whole or not at all."""

from pathlib import Path

import pytest

from sipview.export.fonts import FontTableMeasure
from sipview.export.palette import DARK, LIGHT, PRINT, Palette
from sipview.export.saving import ExportError, save_ladder, write_whole
from sipview.ladder import LadderOptions, LadderPicture, lay_out
from tests.support.ladders import call_through_pbx


class Recorder:
    """A `PicturePainter` that writes down what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Palette, float]] = []

    def png(self, picture: LadderPicture, palette: Palette, path: Path, scale: float) -> str:
        self.asked.append(("png", palette, scale))
        path.write_bytes(b"picture")
        return "smaller than asked"

    def pdf(self, picture: LadderPicture, palette: Palette, path: Path) -> None:
        self.asked.append(("pdf", palette, 1.0))
        path.write_bytes(b"pages")


@pytest.fixture
def picture() -> LadderPicture:
    return lay_out(call_through_pbx(), LadderOptions(), FontTableMeasure())


def test_the_suffix_decides(tmp_path: Path, picture: LadderPicture) -> None:
    recorder = Recorder()
    assert save_ladder(picture, tmp_path / "a.svg") == ""
    assert save_ladder(picture, tmp_path / "b.TXT") == ""
    assert save_ladder(picture, tmp_path / "c.png", recorder, scale=2.0) == "smaller than asked"
    assert save_ladder(picture, tmp_path / "d.pdf", recorder) == ""
    assert save_ladder(picture, tmp_path / "e.pdf", recorder, palette=DARK) == ""
    assert recorder.asked == [("png", LIGHT, 2.0), ("pdf", PRINT, 1.0), ("pdf", DARK, 1.0)]
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert "INVITE 1002" in (tmp_path / "b.TXT").read_text("utf-8")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.svg", "b.TXT", "c.png", "d.pdf", "e.pdf"]


def test_other_suffixes_and_a_missing_painter_are_refused(tmp_path: Path, picture: LadderPicture) -> None:
    with pytest.raises(ExportError, match=r"\.png, \.svg, \.pdf, \.html, \.txt"):
        save_ladder(picture, tmp_path / "ladder.docx", Recorder())
    with pytest.raises(ExportError, match="graphical part"):
        save_ladder(picture, tmp_path / "ladder.png")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "ladder.svg"
    target.write_text("old")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportError, match=r"ladder\.svg could not be written: No space left on device\."):
        write_whole(target, fail)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_is_not_there(tmp_path: Path, picture: LadderPicture) -> None:
    with pytest.raises(ExportError, match="No such file or directory"):
        save_ladder(picture, tmp_path / "nowhere" / "ladder.svg")


def test_a_link_is_followed_and_rights_are_the_usual_ones(tmp_path: Path, picture: LadderPicture) -> None:
    (tmp_path / "real").mkdir()
    usual = tmp_path / "usual"
    usual.touch()
    target = tmp_path / "real" / "ladder.svg"
    target.write_text("old")
    link = tmp_path / "link.svg"
    link.symlink_to(target)
    save_ladder(picture, link)
    assert link.is_symlink()
    assert target.read_text("utf-8").startswith("<?xml")
    assert target.stat().st_mode == usual.stat().st_mode
