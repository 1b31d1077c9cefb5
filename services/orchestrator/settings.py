"""What the orchestrator is told from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_ROOT = Path(__file__).resolve().parents[2]


class OrchestratorSettings(BaseSettings):
    """All of them begin with MAESTRO_."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    state: str = Field(
        default="",
        description="The state database, as a libpq URL (`postgresql://…`). Empty: nothing outlives a restart.",
    )
    workflows: str = Field(
        default=str(_ROOT / "workflows"),
        description="Folder of workflow definitions; every `*.yaml` in it is loaded.",
    )
    orchestrator_runs_kept: int = Field(
        default=1_000, ge=1, description="Ended runs that the orchestrator remembers in memory."
    )
    orchestrator_runs_retention: float = Field(
        default=30.0, gt=0, description="Days for which ended runs stay in the state database."
    )
    orchestrator_journal_interval: float = Field(
        default=0.5, gt=0, description="Seconds between two writes of runs to the state database."
    )
    orchestrator_journal_queue: int = Field(
        default=10_000,
        ge=1,
        description="Runs that wait to be written at most; further ones are dropped and counted.",
    )
    orchestrator_tails: int = Field(
        default=256,
        ge=1,
        description="Runs whose detached steps may be under way at once; above that, answers wait for them.",
    )
    orchestrator_background_runs: int = Field(
        default=64, ge=1, description="Workflows started without waiting for them that may run at once."
    )
