"""The window: a start page, and a page on which calls, ladder and message show the same thing from three sides.

In: paths, and what the user does. Out: pictures, selections, files that the user asked for. Slow questions leave the main
thread by one door (`jobs`) as frozen requests (`requests`). Colours and distances have one place (`tokens`), actions are a
table (`actions`), tables hold a snapshot and row numbers (`row_table`, `packet_table`). Text from a packet stays text:
every label is plain, every tooltip is escaped, controls are made visible (`wording`).

Where to look, by what one sees::

    starting, windows, running_program   the program: its windows, and who starts it once more
    main_window                          puts one window together: window_bars, start_page, analysis_page, status_line, notes
      capture_reader                     captures that are opened; capture_places asks for them, reading_choice says how to
                                         read them, capture_reports is asked about them, cut_files tells of those that
                                         somebody cuts, letting_go closes them
      live_capture                       captures that run: capture_card says what, recording_bar tells of it
        capture_control                  its state; capture_following reads it, capture_hunt waits for a call in it,
                                         capture_recovery finds what a crash left, unsaved and unwanted_copies end it
    analysis_page                        what is selected in one is selected in all; whereabouts keeps the place
      page_panels                        which panel stands where (dock_area)
      list_tabs                          list_pane (call_columns) twice, and packet_pane (packet_table, packet_columns)
      ladder_pane                        ladder_canvas is what one sees, ladder_view and lane_headers are what one does with it;
                                         ladder_state is how the user arranged it
      message_pane                       explained_tree, shown_text, hex_view, compare_view
      graphs, search_bar                 traffic over time (graph_controls, traffic_plot); a search through all messages
    filter_bar                           what is typed (filter_field, filter_typing, filter_panel) or was saved (saved_filters,
                                         filter_memory); filtering is what is in force
    save_capture, ladder_export, packaging   files that are taken away
    jobs, requests                       the door off the main thread, and what goes through it
    theme, tokens, scaling, icons, cells     looks
"""

from collections.abc import Sequence
from pathlib import Path

__all__ = ["run"]


def run(paths: Sequence[Path], *, follow: bool = False, argv: Sequence[str] = ("sipview",)) -> int:
    """Open the window on these captures, and run until it is closed; returns the exit status.

    ``follow``: another program still writes them.
    """
    from sipview.gui import starting  # noqa: PLC0415 - who only paints a file needs no widgets

    return starting.run(paths, follow=follow, argv=argv)
