"""What an organization's file may say of any source."""

from typing import Literal

from pydantic import Field

from warehouse.config_section import Section


class SourceOptions(Section):
    """How one source is read. A source that is not in the file is not read."""

    is_enabled: bool = True
    environment: Literal["sandbox", "production"] = "production"
    requests_per_minute: int | None = Field(default=None, ge=1)
    requests_per_month: int | None = Field(default=None, ge=1)
