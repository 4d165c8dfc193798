"""Where a ladder is cut into sheets."""

from itertools import pairwise

import pytest

from sipview.export.fonts import FontTableMeasure
from sipview.export.pages import paging
from sipview.ladder import LadderOptions, LadderPicture, lay_out
from tests.support.ladders import Script, call_through_pbx


def dialog(messages: int, lanes: int = 2) -> LadderPicture:
    script = Script()
    for number in range(messages):
        near = number % (lanes - 1)
        script.request(10.0 * (number // 7) + 0.001 * number, f"10.0.0.{near}", f"10.0.0.{near + 1}", "OPTIONS")
    return lay_out(script.events, LadderOptions(title="Title"), FontTableMeasure())


def test_a_short_call_is_one_sheet() -> None:
    plan = paging(lay_out(call_through_pbx(), LadderOptions(title="Title"), FontTableMeasure()))
    assert len(plan.pages) == 1
    assert plan.width_px == pytest.approx(297 / 25.4 * 96)
    assert plan.height_px == pytest.approx(210 / 25.4 * 96)
    assert 0.7 <= plan.scale <= 1
    small = paging(dialog(4))
    assert (len(small.pages), small.scale) == (1, 1.0)


@pytest.mark.parametrize(("messages", "lanes"), [(300, 2), (300, 3), (2000, 6), (400, 40)])
def test_sheets_follow_each_other_and_cut_no_row(messages: int, lanes: int) -> None:
    picture = dialog(messages, lanes)
    plan = paging(picture)
    assert len(plan.pages) > 1
    assert plan.pages[0].top == picture.header_height
    assert plan.pages[-1].bottom == picture.height
    assert all(upper.bottom == lower.top for upper, lower in pairwise(plan.pages))
    cuts = {page.bottom for page in plan.pages[:-1]}
    rows = [(arrow.top, arrow.bottom) for arrow in picture.arrows] + [(gap.top, gap.bottom) for gap in picture.gaps]
    for top, bottom in rows:
        assert not any(top < cut < bottom for cut in cuts)
    inner_height = plan.height_px - 2 * plan.margin_px - plan.footer_px
    for number, page in enumerate(plan.pages[:-1]):
        drawn = page.bottom - page.top + picture.header_height + (picture.heading_height if number == 0 else 0.0)
        assert drawn * plan.scale <= inner_height
    assert picture.width * plan.scale <= plan.width_px - 2 * plan.margin_px + 0.01


def test_wide_ladders_get_larger_sheets() -> None:
    plan = paging(dialog(100, 40))
    assert plan.scale == pytest.approx(0.5)
    assert plan.width_px > 2 * 1122
    widest = paging(dialog(500, 400))
    assert widest.width_px == pytest.approx(14_400 / 72 * 96)  # what PDF allows
