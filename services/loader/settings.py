"""What the loader is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LoaderSettings(BaseSettings):
    """Limits that the operator sets; a caller may only narrow them."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    max_rows: int = Field(
        default=10_000_000, gt=0, description="Most rows of one result, over all its pages and batches."
    )
    max_bytes: int = Field(
        default=4 * 1024**3, gt=0, description="Most bytes of row data of one result, over all its batches."
    )
    max_cost: float = Field(
        default=50_000_000,
        ge=0,
        description="Highest cost that the database's planner may estimate for a statement, in its own units. "
        "0: statements are not estimated. SQLite estimates nothing.",
    )
    statement_timeout: float = Field(
        default=20.0, gt=0, description="Seconds after which the database stops a statement."
    )
    stream_timeout: float = Field(
        default=600.0,
        gt=0,
        description="Seconds after which a statement that streams all its rows is stopped, however slowly they "
        "are taken.",
    )
    head_rows: int = Field(default=1000, gt=0, le=1000, description="Most rows in the head of a result.")
    head_bytes: int = Field(
        default=4 * 1024**2,
        gt=0,
        description="Most bytes of row data in the head of a result; the head of wide rows is shorter.",
    )
    loader_connections: int = Field(
        default=8, gt=0, description="Connections that one loader process holds open to one source at most."
    )
    loader_wait: float = Field(
        default=5.0, gt=0, description="Seconds that a statement waits for a connection when all are taken."
    )
    loader_idle: float = Field(
        default=300.0, gt=0, description="Seconds after which an unused connection to a source is closed."
    )
    statement_log: str = Field(
        default="",
        description="File to which every statement that is sent to a source is appended, without its values: one JSON "
        "object a line. Empty: none.",
    )
    time_zone: str = Field(
        default="America/Sao_Paulo",
        description="IANA zone in which days begin and end, where neither the request nor the source names one.",
    )
