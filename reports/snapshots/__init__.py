"""What is sent to investors every week: figures as JSON files, a workbook, and a mail with them."""

from reports.snapshots.investor_report import InvestorReport, build_investor_report
from reports.snapshots.snapshot_file import SCHEMA_VERSION, snapshot_json

__all__ = ["SCHEMA_VERSION", "InvestorReport", "build_investor_report", "snapshot_json"]
