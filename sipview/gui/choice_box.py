"""A box to choose one of several from, whose list looks like the menus do."""

from PySide6.QtWidgets import QComboBox, QListView, QStyledItemDelegate


class ChoiceBox(QComboBox):
    """Its list comes below it. A style sheet reaches the rows of that list through a styled delegate only."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(QStyledItemDelegate(self))
        rows = self.view()
        if isinstance(rows, QListView):
            rows.setUniformItemSizes(True)  # or each of a thousand fonts would be loaded to know how high its row is
