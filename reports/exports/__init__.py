"""Figures and marts as files that other programs read: CSV, XLSX and Parquet.

The same question on the same marts gives the same bytes. A value that is missing stays empty and has its reason beside
it; decimals keep every digit; text that a spreadsheet would take for a formula is made harmless.
"""

from reports.exports.exporting import FORMATS, Exported, export_figures, export_mart
from reports.exports.selection import Selection

__all__ = ["FORMATS", "Exported", "Selection", "export_figures", "export_mart"]
