"""What the scanner is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ScannerSettings(BaseSettings):
    """The scanner's own settings; the sources themselves are MAESTRO_SOURCE_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_SCANNER_", extra="ignore")

    interval: float = Field(
        default=10.0,
        gt=0,
        description="Seconds between two looks at whether a source has changed. A look costs milliseconds; "
        "only what changed is read again.",
    )
    idle: float = Field(
        default=60.0,
        ge=0,
        description="The one connection to a source is closed between looks where they are further apart "
        "than this many seconds.",
    )
    statement_timeout: float = Field(
        default=30.0, gt=0, description="Seconds that one catalog query may take in the database."
    )
    probe_timeout: float = Field(
        default=2.0,
        gt=0,
        description="Seconds that one query on a table's rows (sample values, inclusion of values) may take.",
    )
    sample_budget: float = Field(
        default=15.0,
        ge=0,
        description="Seconds that one scan may spend on reading rows, for sample values and for statistics "
        "that the database has not gathered; less, down to 30 %, with more than 300 tables. What there is no "
        "time for follows with the next look. 0: no rows are read; the planner's statistics are still used.",
    )
    inference_budget: float = Field(
        default=20.0,
        ge=0,
        description="Seconds that one scan may spend on finding undeclared relationships; less, down to 30 "
        "%, with more than 300 tables. What there is no time for is sought at the next quiet look. 0: none "
        "are sought.",
    )
    sample_rows: int = Field(
        default=5_000, gt=0, description="Rows that are read of a table without statistics, at most."
    )
    sample_values: int = Field(
        default=50,
        ge=0,
        le=50,
        description="Distinct values that are kept of a column, at most. 0: no values of the data are kept "
        "or passed on, neither samples nor most common values nor bounds.",
    )
    distinct_rows: int = Field(
        default=200_000,
        gt=0,
        description="Tables of at most this many rows are read whole to list all values of a column that has few.",
    )
    statistics_age: float = Field(
        default=3600.0,
        gt=0,
        description="Seconds after which statistics and samples of a table whose rows changed are read "
        "again even where the change was small.",
    )
    versions: int = Field(default=4, ge=1, description="Versions of a catalog that are kept.")
    default_source: str = Field(
        default="",
        validation_alias="MAESTRO_DEFAULT_SOURCE",
        description="Name of the source that a request means which names none. Empty: the only one.",
    )
